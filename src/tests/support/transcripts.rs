//! Recorded exchanges with real Ollama servers, and a server that replays one in pieces of any size.

use super::fixtures::fixture_path;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// How the answer of a recorded exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TranscriptEnd {
    Complete,
    /// The connection ended before the body.
    ServerClosed,
    /// The client left; the server would have gone on.
    ClientClosed,
}

/// One exchange.
#[derive(Clone, Debug)]
pub struct Transcript {
    pub name: String,
    /// From the main branch, not 0.24.0.
    pub modern: bool,
    pub method: String,
    pub path: String,
    pub request_headers: Vec<(String, String)>,
    pub request: Option<String>,
    /// `None`: the client left before it saw a status.
    pub status: Option<u16>,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub end: TranscriptEnd,
}

impl Transcript {
    /// A header of the answer, "" when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or("", |(_, v)| v)
    }

    /// The body's lines as JSON; lines that are none are left out.
    pub fn lines(&self) -> Vec<Value> {
        self.body.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    fn read(text: &str) -> Self {
        let all: Value = serde_json::from_str(text).expect("a transcript is JSON");
        let (request, response) = (&all["request"], &all["response"]);
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let pairs = |v: &Value| v.as_object().into_iter().flatten().map(|(k, v)| (k.clone(), text(v))).collect();
        Self {
            name: text(&all["name"]),
            modern: all["server"] == "head",
            method: text(&request["method"]),
            path: text(&request["path"]),
            request_headers: pairs(&request["headers"]),
            request: request["body"].as_str().map(str::to_owned),
            status: response["status"].as_u64().and_then(|s| u16::try_from(s).ok()),
            headers: pairs(&response["headers"]),
            body: response["chunks"].as_array().into_iter().flatten().map(|c| text(&c["text"])).collect(),
            end: match response["end"].as_str() {
                Some("server_closed") => TranscriptEnd::ServerClosed,
                Some("client_closed") => TranscriptEnd::ClientClosed,
                _ => TranscriptEnd::Complete,
            },
        }
    }
}

/// All recorded exchanges, ordered by name.
pub fn load_transcripts() -> Vec<Transcript> {
    let mut all: Vec<_> = std::fs::read_dir(fixture_path("ollama-transcripts"))
        .expect("readable")
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "json"))
        .map(|p| Transcript::read(&std::fs::read_to_string(p).expect("readable")))
        .collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// Serves one exchange to every client, the body in pieces of `piece` bytes. The address.
pub async fn serve_transcript(transcript: &Transcript, piece: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let transcript = transcript.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(send_response(stream, transcript.clone(), piece));
        }
    });
    url
}

async fn send_response(mut stream: TcpStream, transcript: Transcript, piece: usize) {
    if read_request(&mut stream).await.is_none() {
        return;
    }
    let mut answer = Vec::new();
    if let Some(status) = transcript.status {
        answer.extend_from_slice(format!("HTTP/1.1 {status} Recorded\r\n").as_bytes());
        for (name, value) in transcript.headers.iter().filter(|(n, _)| !n.eq_ignore_ascii_case("date")) {
            answer.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        answer.extend_from_slice(b"\r\n");
        let chunked = transcript.header("transfer-encoding").eq_ignore_ascii_case("chunked");
        for bytes in transcript.body.as_bytes().chunks(piece) {
            if chunked {
                answer.extend_from_slice(format!("{:x}\r\n", bytes.len()).as_bytes());
            }
            answer.extend_from_slice(bytes);
            if chunked {
                answer.extend_from_slice(b"\r\n");
            }
        }
        if chunked && transcript.end == TranscriptEnd::Complete {
            answer.extend_from_slice(b"0\r\n\r\n");
        }
    }
    // The client may have disconnected.
    let _ = stream.write_all(&answer).await;
    if transcript.end == TranscriptEnd::ClientClosed {
        let _ = stream.read(&mut [0; 64]).await;
    }
}

/// Reads head and body, so that closing afterwards is no reset.
async fn read_request(stream: &mut TcpStream) -> Option<()> {
    let mut seen = Vec::new();
    let mut buffer = [0; 16_384];
    loop {
        let count = stream.read(&mut buffer).await.ok().filter(|n| *n > 0)?;
        seen.extend_from_slice(&buffer[..count]);
        let Some(head) = seen.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&seen[..head]).to_ascii_lowercase();
        let length =
            text.lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse::<usize>().ok()).unwrap_or(0);
        if seen.len() >= head + 4 + length {
            return Some(());
        }
    }
}
