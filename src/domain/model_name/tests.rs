use super::{ModelName, ModelNameError};
use proptest::prelude::*;

#[test]
fn the_verified_table() {
    for name in [
        "_x",
        "a/b.c",
        "x:_a",
        "127.0.0.1:5000/a/b:c",
        "user/model:7b-instruct-q4_K_M",
        " qwen3:8b\n",
        "localhost:5000",
    ] {
        assert!(ModelName::parse(name).is_ok(), "{name}");
    }
    let long = "m".repeat(81);
    let long_tag = format!("x:{long}");
    for name in [
        "",
        " ",
        ":",
        "x:",
        ":x",
        "/x",
        "x/",
        "x//y",
        "-x",
        ".x",
        "x:-a",
        "x:.a",
        "a.b/c",
        "hf.co/a.b/c",
        "../x",
        "x/../y",
        "x%2fy",
        "x@sha256:abc",
        "é",
        "x y",
        "x\u{0}",
        &long,
        &long_tag,
        "[::1]:5000/a/b",
        "a/b/c/d",
        "x:y:z",
        "x:local:cloud",
        "http://x",
        "localhost:5000/model",
    ] {
        assert!(ModelName::parse(name).is_err(), "{name}");
    }
}

#[test]
fn reasons_name_the_part() {
    for (name, reason) in [
        ("a b", "The model cannot contain “ ”."),
        ("a.b/c", "The namespace cannot contain “.”."),
        ("x:-a", "The tag cannot start with “-”; it starts with a letter, a digit or “_”."),
        ("x:", "The tag is missing."),
        ("https://hf.co/a/b", "Leave out “https://”: a name starts with the registry or the model."),
    ] {
        assert_eq!(ModelName::parse(name).map_err(|e| e.to_string()), Err(reason.to_owned()), "{name}");
    }
    assert_eq!(ModelName::parse("x:local:cloud"), Err(ModelNameError::ConflictingSources));
}

#[test]
fn short_form_and_key() {
    for (name, short, key) in [
        ("llama3.2", "llama3.2:latest", "registry.ollama.ai/library/llama3.2:latest"),
        ("registry.ollama.ai/library/x", "x:latest", "registry.ollama.ai/library/x:latest"),
        ("Registry.Ollama.AI/Library/X", "X:latest", "registry.ollama.ai/library/x:latest"),
        ("user/m", "user/m:latest", "registry.ollama.ai/user/m:latest"),
        ("hf.co/u/r:Q8_0", "hf.co/u/r:Q8_0", "hf.co/u/r:q8_0"),
        ("tiny:local", "tiny:latest", "registry.ollama.ai/library/tiny:latest"),
        ("gpt-oss:20b:cloud", "gpt-oss:20b-cloud", "registry.ollama.ai/library/gpt-oss:20b-cloud"),
    ] {
        let parsed = ModelName::parse(name).expect(name);
        assert_eq!((parsed.to_string().as_str(), parsed.key().as_str()), (short, key));
    }
}

#[test]
fn names_of_servers_and_rows_keep_their_spelling_and_compare_by_model() {
    for (a, b, is_same) in [
        ("Llama3.2", "llama3.2:latest", true),
        ("registry.ollama.ai/library/X", "x", true),
        ("phi4", "phi4-mini", false),
        ("a b", "A B", true),
        ("a b", "a:b", false),
        ("", "", true),
        ("", "x", false),
    ] {
        let (left, right) = (ModelName::from(a), ModelName::from(b));
        assert_eq!((left.as_str(), right.as_str()), (a, b), "kept as spelled");
        assert_eq!(left == right, is_same, "{a} and {b}");
        assert_eq!(left.cmp(&right).is_eq(), is_same, "{a} and {b}");
        let json = serde_json::to_string(&left).expect("JSON");
        assert_eq!(serde_json::from_str::<ModelName>(&json).expect("a text").as_str(), a);
    }
}

#[test]
fn cloud_and_registries() {
    for (name, cloud) in
        [("gpt-oss:120b-cloud", true), ("x:Cloud", true), ("cloud", false), ("x:cloudy", false), ("x-cloud:1b", false)]
    {
        assert_eq!(ModelName::parse(name).expect(name).is_cloud(), cloud, "{name}");
    }
    let allowed = ["registry.ollama.ai", "hf.co"];
    for (name, ok) in [("x", true), ("HF.co/u/r:Q4_K_M", true), ("10.0.0.5:80/a/b", false), ("hf.co:443/u/r", false)] {
        assert_eq!(ModelName::parse(name).expect(name).is_from(&allowed), ok, "{name}");
    }
}

proptest! {
    #[test]
    fn the_short_form_reads_back_as_the_same_model(text in "([a-zA-Z0-9_][a-zA-Z0-9_.:-]{0,8}/)?([a-z0-9_][a-zA-Z0-9_-]{0,8}/)?[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,12}(:[a-zA-Z0-9_][a-z0-9_.-]{0,8})?") {
        if let Ok(name) = ModelName::parse(&text) {
            let again = ModelName::parse(&name.to_string()).expect("its own short form");
            prop_assert_eq!(again.key(), name.key());
            prop_assert_eq!(again.to_string(), name.to_string());
        }
    }

    #[test]
    fn nothing_that_is_accepted_can_leave_its_folder(text in ".{0,60}") {
        if let Ok(name) = ModelName::parse(&text) {
            for part in [name.host(), name.namespace(), name.model(), name.tag()] {
                prop_assert!(part.is_ascii() && !part.contains(['/', '\\', ' ', '@']) && part != "..");
            }
        }
    }
}
