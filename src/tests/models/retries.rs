//! Retries of requests to Ollama: their number, pauses, and log lines.

use crate::support::simulator::{Endpoint, RequestOutcome, ScriptedReply, Simulator, SimulatorSettings};
use crate::support::{
    log::{LogCapture, LogLine},
    test_app::test_config,
};
use gleaner::{
    domain::{thinking::ThinkingLevel, time::Timestamp},
    server::{
        clock::{Clock, FakeClock},
        config::OllamaConfig,
        models::{
            ollama::{
                client::{ChatChunk, OllamaClient},
                error::OllamaError,
                wire::{ChatOptions, ChatRequest, KeepAlive, Message},
            },
            resilience::retry_policy::RetryPolicy,
        },
    },
};
use std::time::Duration;
use tokio::net::TcpListener;

const START_TIME: Timestamp = Timestamp(1_772_366_400);

fn ollama_config(url: &str) -> OllamaConfig {
    let mut config = test_config(std::path::Path::new("/nonexistent")).ollama;
    config.host = url.parse().expect("a URL");
    config.retries = 6;
    config
}

fn chat_request() -> ChatRequest {
    ChatRequest {
        model: "qwen3:8b".into(),
        messages: vec![Message::new("user", "Title: A telescope\n\nIt is new.")],
        stream: true,
        format: None,
        think: Some(ThinkingLevel::Off),
        truncate: Some(false),
        keep_alive: KeepAlive::parse("15m"),
        options: ChatOptions {
            num_ctx: Some(8192),
            num_predict: Some(400),
            temperature: Some(0.0),
            top_p: None,
            seed: Some(1),
        },
    }
}

/// Sends a request with `policy` and advances the clock by each pause. Returns the outcome and the log lines of the attempts.
async fn chat_with_retries(
    ollama: &OllamaClient,
    clock: &FakeClock,
    policy: RetryPolicy,
    request: ChatRequest,
) -> (Result<String, OllamaError>, Vec<LogLine>) {
    let mut log = LogCapture::listen();
    let mut attempts = Vec::new();
    let asking = ollama.chat_with_policy(&request, policy);
    tokio::pin!(asking);
    let outcome = loop {
        tokio::select! {
            outcome = &mut asking => break outcome,
            line = log.next("the request to Ollama is retried") => {
                clock.advance(Duration::from_millis(line.get("wait_ms").parse().expect("a number")));
                attempts.push(line);
            }
        }
    };
    let told = ["Ollama answered", "Ollama did not answer", "the request to Ollama is retried"];
    attempts.extend(log.drain().into_iter().filter(|line| told.contains(&line.message.as_str())));
    attempts.retain(|line| line.get("call") == "api/chat");
    (outcome.map(|answer| answer.content), attempts)
}

fn html_reply(status: u16, retry_after: Option<u64>) -> ScriptedReply {
    ScriptedReply::Raw { status, content_type: "text/html".into(), body: "<h1>no".into(), retry_after }
}

/// The whole matrix over real HTTP: what always fails, how often it is asked by callers with no retry of their own and by the
/// queue, the waits before a quarter of jitter in seconds, and how it ends.
#[tokio::test]
async fn retries_by_cause_and_policy() {
    let error = |status, text: &str| ScriptedReply::Status(status, text.to_owned());
    for (act, waits, brisk_calls, word) in [
        (ScriptedReply::Reset, vec![0, 1, 2, 4], 2, "broken"),
        (html_reply(408, None), vec![1, 2, 4, 8, 16, 30], 1, "gateway"),
        (html_reply(425, None), vec![1, 2, 4, 8, 16, 30], 1, "gateway"),
        (html_reply(429, Some(9)), vec![9, 9, 9, 9, 16, 30], 1, "gateway"),
        (html_reply(502, None), vec![1, 2, 4, 8, 16, 30], 1, "gateway"),
        (html_reply(504, None), vec![1, 2, 4, 8, 16, 30], 1, "gateway"),
        (
            error(503, "server busy, please try again.  maximum pending requests exceeded"),
            vec![2, 2, 4, 8, 16, 30],
            1,
            "busy",
        ),
        (error(500, "llama runner process has terminated: exit status 2"), vec![2, 2], 1, "runner_crashed"),
        (
            ScriptedReply::Fail(1, "an error was encountered while running the model: unexpected EOF".into()),
            vec![2, 2],
            1,
            "runner_crashed",
        ),
        (ScriptedReply::Cut(1), vec![0], 2, "cut_off"),
        (ScriptedReply::Stop(1), vec![0], 2, "cut_off"),
        (error(500, "model requires more system memory (9 GiB) than is available (8 GiB)"), vec![], 1, "out_of_memory"),
        (error(500, "something else"), vec![], 1, "server"),
        (error(500, "invalid format: \"yaml\""), vec![], 1, "bad_request"),
        (error(400, "the input length exceeds the context length"), vec![], 1, "overflow"),
        (error(400, "\"x\" does not support thinking"), vec![], 1, "think_unsupported"),
        (error(401, "unauthorized"), vec![], 1, "auth"),
        (error(403, "ollama cloud is disabled: remote model is unavailable"), vec![], 1, "forbidden"),
        (error(404, "model 'x' not found"), vec![], 1, "model_missing"),
        (html_reply(404, None), vec![], 1, "not_ollama"),
        (error(499, "request canceled"), vec![], 1, "cancelled"),
    ] {
        for (policy, calls) in [(RetryPolicy::Full, waits.len() + 1), (RetryPolicy::Quick, brisk_calls)] {
            let clock = FakeClock::at(START_TIME);
            let sim = Simulator::start_with(SimulatorSettings {
                clock: Clock::Fake(clock.clone()),
                ..SimulatorSettings::default()
            })
            .await
            .expect("a simulator");
            let ollama = OllamaClient::new(&ollama_config(&sim.url), Clock::Fake(clock.clone()));
            sim.always(Endpoint::Chat, act.clone());
            let (outcome, attempts) = chat_with_retries(&ollama, &clock, policy, chat_request()).await;
            assert_eq!(outcome.map_err(|e| e.code()), Err(word), "{act:?} {policy:?}");

            let requests = sim.requests_of(Endpoint::Chat);
            assert_eq!(requests.len(), calls, "{act:?} {policy:?}");
            let numbers: Vec<String> = (1..=calls).map(|n| n.to_string()).collect();
            assert_eq!(
                attempts.iter().map(|a| a.get("attempt")).collect::<Vec<_>>(),
                numbers,
                "each is in the log, once"
            );
            assert!(attempts.iter().all(|a| a.get("cause") == word && a.get("model") == "qwen3:8b"), "{attempts:?}");
            if policy == RetryPolicy::Full {
                for (wait, pair) in waits.iter().zip(requests.windows(2)) {
                    let waited = pair[1].at_ms - pair[0].at_ms;
                    let least = if *wait == 9 || word == "busy" && *wait == 2 { wait * 1000 } else { wait * 750 };
                    assert!((least..=wait * 1250).contains(&waited), "{act:?}: {waited} ms instead of {wait} s");
                }
            }
        }
    }
}

#[tokio::test]
async fn recovered_failures_reach_no_caller() {
    let crash = "llama runner process has terminated: exit status 2";
    for acts in [
        vec![ScriptedReply::Status(500, crash.into()), ScriptedReply::Status(500, crash.into())],
        vec![ScriptedReply::Stop(3)],
        vec![ScriptedReply::Status(503, "server busy".into()), html_reply(502, None), ScriptedReply::Reset],
    ] {
        let clock = FakeClock::at(START_TIME);
        let sim = Simulator::start().await.expect("a simulator");
        let ollama = OllamaClient::new(&ollama_config(&sim.url), Clock::Fake(clock.clone()));
        let calls = acts.len() + 1;
        acts.into_iter().for_each(|act| sim.script(Endpoint::Chat, act));
        let (outcome, attempts) = chat_with_retries(&ollama, &clock, RetryPolicy::Full, chat_request()).await;
        assert!(outcome.is_ok_and(|text| text.contains("A telescope")));
        assert_eq!(attempts.len(), calls);
        let last = attempts.last().expect("one");
        assert_eq!((last.message.as_str(), last.get("attempt")), ("Ollama answered", calls.to_string().as_str()));
        for field in ["elapsed_ms", "queue_ms", "load_ms", "prompt_tokens", "output_tokens"] {
            assert!(!last.get(field).is_empty(), "{field}: {last:?}");
        }
    }
}

#[tokio::test]
async fn five_failed_connections_open_the_breaker_until_one_succeeds() {
    let clock = FakeClock::at(START_TIME);
    let mut sim = Simulator::start().await.expect("a simulator");
    let ollama = OllamaClient::new(&ollama_config(&sim.url), Clock::Fake(clock.clone()));
    sim.shut_down().await;
    let (outcome, attempts) = chat_with_retries(&ollama, &clock, RetryPolicy::Full, chat_request()).await;
    assert_eq!((outcome, attempts.len()), (Err(OllamaError::Refused), 5), "the sixth is not made");
    let (outcome, attempts) = chat_with_retries(&ollama, &clock, RetryPolicy::Full, chat_request()).await;
    assert_eq!((outcome, attempts.len()), (Err(OllamaError::Refused), 1), "at once");

    sim.restart().await.expect("the same port");
    let (outcome, _) = chat_with_retries(&ollama, &clock, RetryPolicy::Full, chat_request()).await;
    assert_eq!(outcome, Err(OllamaError::Refused), "not tried");
    assert!(sim.requests_of(Endpoint::Chat).is_empty());
    clock.advance(Duration::from_secs(2));
    let (outcome, attempts) = chat_with_retries(&ollama, &clock, RetryPolicy::Full, chat_request()).await;
    assert!(outcome.is_ok() && attempts.len() == 1, "the probe opens it: {outcome:?} {attempts:?}");

    sim.shut_down().await;
    let (outcome, attempts) = chat_with_retries(&ollama, &clock, RetryPolicy::Full, chat_request()).await;
    assert!(outcome.is_err() && attempts.len() >= 5);
    sim.restart().await.expect("the same port");
    assert!(ollama.version().await.is_ok(), "a look always goes through");
    assert!(chat_with_retries(&ollama, &clock, RetryPolicy::Quick, chat_request()).await.0.is_ok());
}

#[tokio::test]
async fn no_request_exceeds_its_budget() {
    let clock = FakeClock::at(START_TIME);
    let sim = Simulator::start().await.expect("a simulator");
    let budget = Duration::from_secs(30 * 60);
    let patient = OllamaConfig {
        request_budget: budget,
        first_byte_timeout: budget * 2,
        idle_timeout: budget * 2,
        retries: 20,
        ..ollama_config(&sim.url)
    };
    let ollama = OllamaClient::new(&patient, Clock::Fake(clock.clone()));
    sim.always(Endpoint::Chat, ScriptedReply::Status(503, "server busy".into()));
    let (outcome, _) = chat_with_retries(&ollama, &clock, RetryPolicy::Full, chat_request()).await;
    assert_eq!(outcome.map_err(|e| e.code()), Err("busy"));
    assert!(Clock::Fake(clock.clone()).now().since(START_TIME) <= 30 * 60);

    for act in [ScriptedReply::Hang, ScriptedReply::Stall(2)] {
        sim.always(Endpoint::Chat, None);
        sim.script(Endpoint::Chat, act);
        let before = sim.requests().len();
        let asking = tokio::spawn({
            let ollama = ollama.clone();
            async move { ollama.chat(&chat_request()).await }
        });
        sim.wait_until(|all| all.len() > before).await;
        clock.advance(budget - Duration::from_secs(1));
        settle_requests(&sim).await;
        assert!(!asking.is_finished());
        clock.advance(Duration::from_secs(1));
        assert_eq!(asking.await.expect("the task"), Err(OllamaError::OverBudget(budget)));
    }
    sim.script(Endpoint::Chat, ScriptedReply::Stall(2));
    let mut stream = ollama.chat_stream(&chat_request()).await.expect("it begins");
    for _ in 0..2 {
        assert!(matches!(stream.next().await, Ok(Some(ChatChunk::Text(_)))));
    }
    let ending = tokio::spawn(async move { stream.next().await });
    settle_requests(&sim).await;
    clock.advance(budget);
    assert_eq!(ending.await.expect("the task"), Err(OllamaError::OverBudget(budget)));
}

/// Runs the tasks of this thread to their next wait by sending some requests to the server.
async fn settle_requests(sim: &Simulator) {
    let other = OllamaClient::new(&ollama_config(&sim.url), Clock::System);
    for _ in 0..5 {
        other.version().await.expect("it answers");
    }
}

#[tokio::test]
async fn a_load_may_take_longer_than_the_first_byte() {
    let clock = FakeClock::at(START_TIME);
    let settings = SimulatorSettings {
        clock: Clock::Fake(clock.clone()),
        load_time: Duration::from_secs(900),
        ..SimulatorSettings::default()
    };
    let sim = Simulator::start_with(settings).await.expect("a simulator");
    let ollama = OllamaClient::new(&ollama_config(&sim.url), Clock::Fake(clock.clone()));
    let asking = tokio::spawn(async move { ollama.chat(&chat_request()).await });
    sim.wait_until(|all| !all.is_empty()).await;
    settle_requests(&sim).await;
    clock.advance(Duration::from_secs(600));
    sim.wait_until(|all| all.iter().any(|r| r.path == "/api/ps" && r.outcome == RequestOutcome::Answered)).await;
    settle_requests(&sim).await;
    clock.advance(Duration::from_secs(300));
    assert!(asking.await.expect("the task").is_ok());
    assert_eq!((sim.loads(), sim.requests_of(Endpoint::Chat).len()), (1, 1));
}

#[tokio::test]
async fn an_abandoned_answer_is_logged() {
    let mut log = LogCapture::listen();
    let sim = Simulator::start().await.expect("a simulator");
    let ollama = OllamaClient::new(&ollama_config(&sim.url), Clock::System);
    sim.script(Endpoint::Chat, ScriptedReply::Stall(1));
    let mut stream = ollama.chat_stream(&chat_request()).await.expect("it begins");
    assert!(stream.next().await.is_ok());
    drop(stream);
    assert_eq!(log.next("the caller stopped waiting for the answer").await.get("attempt"), "1");
    assert!(
        ollama
            .status()
            .snapshot()
            .tracker
            .get(&"qwen3:8b".into())
            .is_some_and(|record| record.loading_since().is_none())
    );
}

/// Serves one whole answer, not streamed, cut after `cut` bytes of its body.
async fn truncating_server(body: &'static str, cut: usize, with_length: bool) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = vec![0; 65_536];
            let _ = stream.read(&mut buffer).await;
            let length = if with_length { format!("Content-Length: {}\r\n", body.len()) } else { String::new() };
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n{length}\r\n");
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&body.as_bytes()[..cut]).await;
        }
    });
    url
}

#[tokio::test]
async fn an_answer_in_one_piece_is_whole_or_none() {
    let done = r#"{"model":"m","message":{"role":"assistant","content":"{\"a\":1}"},"done":true,"done_reason":"stop"}"#;
    let undone = r#"{"model":"m","message":{"role":"assistant","content":"{\"a\":"},"done":false}"#;
    for with_length in [true, false] {
        for cut in 0..=done.len() {
            let ollama =
                OllamaClient::new(&ollama_config(&truncating_server(done, cut, with_length).await), Clock::System);
            let answer =
                ollama.chat_with_policy(&ChatRequest { stream: false, ..chat_request() }, RetryPolicy::Quick).await;
            match answer {
                Ok(answer) => assert_eq!((cut, answer.content.as_str()), (done.len(), "{\"a\":1}")),
                Err(error) => assert!(error == OllamaError::CutOff && cut < done.len(), "{cut}: {error}"),
            }
        }
        let ollama = OllamaClient::new(
            &ollama_config(&truncating_server(undone, undone.len(), with_length).await),
            Clock::System,
        );
        let answer =
            ollama.chat_with_policy(&ChatRequest { stream: false, ..chat_request() }, RetryPolicy::Quick).await;
        assert_eq!(answer, Err(OllamaError::CutOff), "marked as incomplete");
    }
}
