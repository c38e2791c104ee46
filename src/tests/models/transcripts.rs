//! The outcomes of the client for every recorded exchange, in pieces of any size.

use crate::support::simulator::{Endpoint, ScriptedReply, Simulator};
use crate::support::{
    test_app::{START_TIME, test_config},
    transcripts::{Transcript, TranscriptEnd, load_transcripts, serve_transcript},
};
use futures::{StreamExt, stream};
use gleaner::server::{
    clock::{Clock, FakeClock},
    models::{
        ollama::{
            client::OllamaClient,
            wire::{ChatRequest, Message},
        },
        pull::pull_line::PullError,
    },
};
use std::time::Duration;

/// Calls that Gleaner never makes, so that its client has nothing to meet there.
const UNUSED_PATHS: &[(&str, &str)] = &[
    ("/v1/", "the OpenAI-style interface swallows errors in the middle of a stream"),
    ("/api/generate", "it applies the schema to the thoughts; chat is used"),
    ("/api/embed", "nothing is embedded"),
    ("/api/status", "the switch of cloud models shows in the refusals"),
    ("/api/nope", "no such call"),
];

/// Gives up soon on a recording whose client left; never, however busy the machine is, on one that has an end.
fn client(url: &str, end: TranscriptEnd) -> OllamaClient {
    let mut config = test_config(std::path::Path::new("/nonexistent")).ollama;
    config.host = url.parse().expect("a URL");
    config.first_byte_timeout = CLIENT_TIMEOUT;
    config.idle_timeout = CLIENT_TIMEOUT;
    let clock = if end == TranscriptEnd::ClientClosed { Clock::System } else { Clock::Fake(FakeClock::at(START_TIME)) };
    OllamaClient::new(&config, clock)
}

fn chat_request(stream: bool) -> ChatRequest {
    ChatRequest {
        model: "tiny".into(),
        messages: vec![Message::new("user", "hi")],
        stream,
        format: None,
        think: None,
        truncate: None,
        keep_alive: None,
        options: Default::default(),
    }
}

const CLIENT_TIMEOUT: Duration = Duration::from_millis(700);

/// What the client makes of an answer, in a word; `None` when it makes no such call.
async fn transcript_outcome(transcript: &Transcript, piece: usize) -> Option<String> {
    if transcript.method == "HEAD"
        || transcript.path == "/"
        || UNUSED_PATHS.iter().any(|(p, _)| transcript.path.starts_with(p))
    {
        return None;
    }
    let ollama = client(&serve_transcript(transcript, piece).await, transcript.end);
    let stream = !transcript.request.as_deref().unwrap_or_default().contains("\"stream\": false");
    Some(match transcript.path.trim_end_matches('/') {
        "/api/version" => ollama.version().await.map_or_else(|e| e.code().into(), |v| format!("version {v}")),
        "/api/tags" => {
            ollama.list_installed().await.map_or_else(|e| e.code().into(), |t| format!("{} models", t.len()))
        }
        "/api/ps" => ollama.list_running().await.map_or_else(|e| e.code().into(), |t| format!("{} loaded", t.len())),
        "/api/show" => ollama
            .show(&"x".into())
            .await
            .map_or_else(|e| e.code().into(), |s| format!("context {:?}", s.architecture_value("context_length"))),
        "/api/delete" => ollama
            .delete(&"x".into())
            .await
            .map_or_else(|e| e.code().into(), |d| format!("deleted {d:?}").to_lowercase()),
        "/api/copy" => {
            ollama.copy(&"x".into(), &"y".into()).await.map_or_else(|e| e.code().into(), |()| "copied".into())
        }
        "/api/chat" => match ollama.chat(&chat_request(stream)).await {
            Ok(answer) => {
                let silent =
                    if answer.content.is_empty() && !answer.thinking.is_empty() { ", thoughts only" } else { "" };
                format!("answer: {}{silent}", answer.done_reason.unwrap_or_default())
            }
            Err(error) => error.code().into(),
        },
        "/api/pull" => pull_outcome(&ollama, transcript.end).await,
        other => panic!("{other} is neither called nor listed"),
    })
}

async fn pull_outcome(ollama: &OllamaClient, end: TranscriptEnd) -> String {
    let pulling = async {
        let mut stream = ollama.pull(&"x".into()).await?;
        let mut last = String::new();
        while let Some(line) = stream.next().await? {
            last = line.status;
        }
        Ok::<_, PullError>(last)
    };
    // A pull may be silent for a quarter of an hour; here nothing more comes after the recording's end.
    match tokio::time::timeout(
        if end == TranscriptEnd::ClientClosed { CLIENT_TIMEOUT } else { Duration::from_secs(60) },
        pulling,
    )
    .await
    {
        Err(_) => "still waiting".into(),
        Ok(Ok(status)) => status,
        Ok(Err(PullError::Call(error))) => error.code().into(),
        Ok(Err(error)) => {
            let name = format!("{error:?}");
            name.split(['(', ' ']).next().unwrap_or_default().to_owned()
        }
    }
}

/// Some at a time, in the same order.
async fn transcript_outcomes(all: &[Transcript], piece: usize) -> Vec<Option<String>> {
    stream::iter(all).map(|t| transcript_outcome(t, piece)).buffered(16).collect().await
}

/// What each exchange must come to.
const EXPECTED_OUTCOMES: &[(&str, &str)] = &[
    ("chat-after-cancelled", "answer: length"),
    ("chat-after-runner-killed", "answer: length"),
    ("chat-cancelled", "timeout"),
    ("chat-cloud-disabled", "forbidden"),
    ("chat-cold", "answer: length"),
    ("chat-copy-load", "answer: load"),
    ("chat-embedder", "chat_unsupported"),
    ("chat-invalid-format", "bad_request"),
    ("chat-invalid-name", "bad_request"),
    ("chat-json-mode", "answer: stop"),
    ("chat-json-mode-cut", "answer: length"),
    ("chat-json-mode-no-stream", "answer: stop"),
    ("chat-keep-alive-forever", "answer: load"),
    ("chat-keep-alive-number", "answer: load"),
    ("chat-left-while-loading", "timeout"),
    ("chat-load", "answer: load"),
    ("chat-malformed-body", "bad_request"),
    ("chat-missing-body", "bad_request"),
    ("chat-name-echo", "answer: length"),
    ("chat-no-model", "bad_request"),
    ("chat-no-stream", "answer: length"),
    ("chat-num-ctx-too-large", "answer: length"),
    ("chat-out-of-memory", "out_of_memory"),
    ("chat-queue-1", "answer: length"),
    ("chat-queue-2", "answer: length"),
    ("chat-queue-full-1", "answer: length"),
    ("chat-queue-full-2", "answer: length"),
    ("chat-queue-full-3", "busy"),
    ("chat-queue-leave-1", "answer: length"),
    ("chat-queue-leave-2", "timeout"),
    ("chat-runner-killed", "runner_crashed"),
    ("chat-schema-cut", "answer: length"),
    ("chat-schema-cut-no-stream", "answer: length"),
    ("chat-schema-no-stream", "answer: stop"),
    ("chat-schema-no-stream-11", "answer: stop"),
    ("chat-schema-no-stream-13", "answer: stop"),
    ("chat-schema-stream", "answer: stop"),
    ("chat-server-killed", "cut_off"),
    ("chat-stream", "answer: length"),
    ("chat-think-bad-value", "bad_request"),
    ("chat-think-false", "answer: length"),
    ("chat-think-unsupported", "think_unsupported"),
    ("chat-think-word-unsupported", "think_unsupported"),
    ("chat-thinking-off", "answer: length"),
    ("chat-thinking-off-schema", "answer: stop"),
    ("chat-thinking-stream", "answer: length, thoughts only"),
    ("chat-too-long", "overflow"),
    ("chat-too-long-truncated", "answer: length"),
    ("chat-unknown-fields", "answer: length"),
    ("chat-unknown-model", "model_missing"),
    ("chat-unload", "answer: unload"),
    ("chat-unload-deleted", "model_missing"),
    ("chat-wrong-method", "not_ollama"),
    ("chat-wrong-option-type", "bad_request"),
    ("copy-invalid", "bad_request"),
    ("copy-ok", "copied"),
    ("copy-unknown", "model_missing"),
    ("delete-empty-name", "bad_request"),
    ("delete-invalid-name", "bad_request"),
    ("delete-missing-body", "bad_request"),
    ("delete-ok", "deleted deleted"),
    ("delete-unknown", "deleted alreadygone"),
    ("delete-wrong-method", "not_ollama"),
    ("guard-host", "forbidden_host"),
    ("guard-origin-local", "version 0.0.0"),
    ("main-chat-think", "think_unsupported"),
    ("main-chat-unknown", "model_missing"),
    ("main-chat-unload", "answer: unload"),
    ("main-copy-ok", "copied"),
    ("main-copy-unknown", "model_missing"),
    ("main-delete-invalid", "bad_request"),
    ("main-delete-ok", "deleted deleted"),
    ("main-guard-host", "forbidden_host"),
    ("main-ps-empty", "0 loaded"),
    ("main-pull-already-present", "success"),
    ("main-pull-cancel-in-retry", "still waiting"),
    ("main-pull-captive-portal", "Portal"),
    ("main-pull-cut-by-client", "still waiting"),
    ("main-pull-drop-recovers", "success"),
    ("main-pull-invalid-name", "bad_request"),
    ("main-pull-no-stream-ok", "success"),
    ("main-pull-no-stream-unknown-model", "UnknownModel"),
    ("main-pull-registry-500-html", "RegistryFault"),
    ("main-pull-resume", "success"),
    ("main-pull-right-after-cancel", "StillCancelling"),
    ("main-pull-unknown-model", "UnknownModel"),
    ("main-route-trailing-slash", "not_ollama"),
    ("main-show", "context Some(2048)"),
    ("main-show-invalid-name", "bad_request"),
    ("main-show-missing-body", "bad_request"),
    ("main-show-unknown", "model_missing"),
    ("main-tags", "4 models"),
    ("main-tags-empty", "0 models"),
    ("main-version", "version 0.0.0"),
    ("ps-after-delete-loaded", "2 loaded"),
    ("ps-after-expiry", "0 loaded"),
    ("ps-after-left-while-loading", "0 loaded"),
    ("ps-after-unload", "0 loaded"),
    ("ps-before-expiry", "1 loaded"),
    ("ps-context-lowered", "2 loaded"),
    ("ps-empty", "0 loaded"),
    ("ps-keep-alive-forever", "1 loaded"),
    ("ps-loaded", "1 loaded"),
    ("pull-after-server-stopped", "still waiting"),
    ("pull-already-present", "success"),
    ("pull-array-body", "bad_request"),
    ("pull-blob-404", "RegistryFault"),
    ("pull-captive-portal", "Portal"),
    ("pull-cloud", "RegistryUnreachable"),
    ("pull-connection-refused", "RegistryUnreachable"),
    ("pull-cut-by-client", "still waiting"),
    ("pull-digest-mismatch", "Damaged"),
    ("pull-disk-full", "DiskFull"),
    ("pull-disk-full-again", "DiskFull"),
    ("pull-empty-name", "bad_request"),
    ("pull-invalid-name", "bad_request"),
    ("pull-large-parts", "success"),
    ("pull-malformed-body", "bad_request"),
    ("pull-missing-body", "bad_request"),
    ("pull-no-network", "RegistryUnreachable"),
    ("pull-no-stream-ok", "success"),
    ("pull-no-stream-unknown-model", "UnknownModel"),
    ("pull-not-insecure", "RegistryUnreachable"),
    ("pull-ok", "success"),
    ("pull-registry-401", "Denied"),
    ("pull-registry-412", "OllamaTooOld"),
    ("pull-registry-500-html", "RegistryFault"),
    ("pull-registry-hang", "still waiting"),
    ("pull-resume", "success"),
    ("pull-retries-exhausted", "FlakyNetwork"),
    ("pull-server-stopped", "Interrupted"),
    ("pull-stall-recovers", "success"),
    ("pull-two-clients-1", "success"),
    ("pull-two-clients-2", "success"),
    ("pull-unknown-model", "UnknownModel"),
    ("route-trailing-slash", "not_ollama"),
    ("show", "context Some(2048)"),
    ("show-cloud-disabled", "forbidden"),
    ("show-empty-name", "bad_request"),
    ("show-invalid-name", "bad_request"),
    ("show-missing-body", "bad_request"),
    ("show-thinking-model", "context Some(2048)"),
    ("show-unknown", "model_missing"),
    ("show-verbose", "context Some(2048)"),
    ("tags", "7 models"),
    ("tags-after-cancel", "4 models"),
    ("tags-empty", "0 models"),
    ("version", "version 0.0.0"),
];

#[tokio::test]
async fn every_exchange_has_the_right_outcome() {
    let all = load_transcripts();
    let whole = 1 << 20;
    let found = transcript_outcomes(&all, whole).await;
    let mut wrong = Vec::new();
    let mut met = 0;
    for (transcript, found) in all.iter().zip(&found) {
        let expected = EXPECTED_OUTCOMES.iter().find(|(name, _)| *name == transcript.name).map(|(_, outcome)| *outcome);
        met += usize::from(found.is_some());
        if found.as_deref() != expected {
            wrong.push(format!("    (\"{}\", \"{}\"),", transcript.name, found.as_deref().unwrap_or("not called")));
        }
    }
    let unknown = EXPECTED_OUTCOMES.iter().filter(|(name, _)| !all.iter().any(|transcript| transcript.name == *name));
    assert_eq!(unknown.collect::<Vec<_>>(), Vec::<&(&str, &str)>::new(), "expected, but not recorded");
    println!("{met} of {} exchanges met; the others are calls that are not made:", all.len());
    UNUSED_PATHS.iter().for_each(|(path, why)| println!("  {path}: {why}"));
    assert!(wrong.is_empty(), "other outcomes than expected:\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn outcomes_do_not_depend_on_the_pieces() {
    let all = load_transcripts();
    let mut compared = 0;
    for piece in [1, 7, 4096] {
        let found = transcript_outcomes(&all, piece).await;
        for (transcript, found) in all.iter().zip(&found) {
            if let Some(found) = found {
                let expected =
                    EXPECTED_OUTCOMES.iter().find(|(name, _)| *name == transcript.name).map(|(_, outcome)| *outcome);
                assert_eq!(Some(found.as_str()), expected, "{} in pieces of {piece}", transcript.name);
                compared += 1;
            }
        }
    }
    println!("{compared} replays in pieces of 1, 7 and 4096 bytes came to the same");
}

#[tokio::test]
async fn a_stream_that_ends_early_is_never_taken_for_whole() {
    let all = load_transcripts();
    let whole = all.iter().find(|t| t.name == "chat-stream").expect("recorded");
    let sim = Simulator::start().await.expect("a simulator");
    let ollama = client(&sim.url, TranscriptEnd::Complete);
    // Every place up to the last brace: from there on the last line is there, only its end is missing.
    let cuts = whole.body.trim_end().len();
    for end in 0..cuts {
        let body = whole.body.get(..end).unwrap_or_default().to_owned();
        let content_type = whole.header("content-type").to_owned();
        sim.script(Endpoint::Chat, ScriptedReply::Raw { status: 200, content_type, body, retry_after: None });
        let error = ollama.chat(&chat_request(true)).await.expect_err("no answer");
        assert!(["cut_off", "bad_answer"].contains(&error.code()), "{error} after {end}");
    }
    println!("{cuts} cuts, none taken for an answer");
}
