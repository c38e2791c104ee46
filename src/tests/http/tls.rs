//! TLS by Gleaner itself: certificate and key, and another certificate while it runs.

use crate::support::{
    gleaner_binary::{ServerProcess, gleaner_command, output_texts},
    test_app::{START_TIME, test_config},
};
use gleaner::server::{
    clock::{Clock, FakeClock},
    lifecycle::Lifecycle,
    startup,
    tls::is_open_to_others,
};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;

/// A certificate of its own for the loopback address, and a folder with it and its key.
struct CertificateFolder(TempDir);

impl CertificateFolder {
    fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    fn cert(&self) -> PathBuf {
        self.0.path().join("cert.pem")
    }

    fn key(&self) -> PathBuf {
        self.0.path().join("key.pem")
    }

    /// Puts a new certificate there; a client that trusts no other.
    fn renew(&self) -> reqwest::Client {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        fs::write(self.cert(), made.cert.pem()).expect("written");
        fs::write(self.key(), made.signing_key.serialize_pem()).expect("written");
        fs::set_permissions(self.key(), fs::Permissions::from_mode(0o600)).expect("a mode");
        client_trusting(&made.cert.pem())
    }
}

fn client_trusting(pem: &str) -> reqwest::Client {
    let trusted = reqwest::Certificate::from_pem(pem.as_bytes()).expect("a certificate");
    reqwest::Client::builder().tls_certs_only([trusted]).no_proxy().pool_max_idle_per_host(0).build().expect("a client")
}

async fn is_trusted(client: &reqwest::Client, url: &str) -> bool {
    client.get(format!("{url}/healthz")).send().await.is_ok_and(|answer| answer.status() == 200)
}

/// Asks until it is trusted; the time limit only ends a test that fails.
async fn wait_until_trusted(client: &reqwest::Client, url: &str) {
    let began = Instant::now();
    while !is_trusted(client, url).await {
        assert!(began.elapsed() < Duration::from_secs(20), "the new certificate did not come");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn tls_is_served_and_a_new_certificate_used_within_a_minute() {
    let (folder, data) = (CertificateFolder::new(), TempDir::new().expect("a folder"));
    let first = folder.renew();
    let mut config = test_config(data.path());
    (config.tls.cert, config.tls.key) = (Some(folder.cert()), Some(folder.key()));
    let (clock, lifecycle) = (FakeClock::at(START_TIME), Lifecycle::default());
    let app = startup::build(config, Clock::Fake(clock.clone()), lifecycle.clone()).await.expect("it builds");
    let listener = startup::listen(&app).await.expect("it listens");
    let address = listener.local_addr().expect("bound");
    let served = tokio::spawn(startup::serve(app.clone(), listener));
    let url = format!("https://{address}");

    let answer = first.get(format!("{url}/feeds")).send().await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.version()), (200, reqwest::Version::HTTP_11));
    assert_eq!(answer.headers().get("strict-transport-security"), None, "a self-made certificate may go again");
    let cookie = first
        .post(format!("{url}/fn/access/password"))
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("password=correct+horse+battery&repeated=correct+horse+battery")
        .send()
        .await
        .expect("an answer");
    let cookie = cookie.headers()["set-cookie"].to_str().expect("text").to_owned();
    assert!(cookie.starts_with("__Host-gleaner=") && cookie.ends_with("; Secure"), "{cookie}");

    // A connection that says nothing keeps nobody out.
    let mut silent = tokio::net::TcpStream::connect(address).await.expect("it listens");
    assert!(is_trusted(&first, &url).await);

    // A key that does not belong to the certificate is not taken.
    fs::write(folder.key(), rcgen::KeyPair::generate().expect("a key").serialize_pem()).expect("written");
    clock.advance(Duration::from_secs(60));
    assert!(is_trusted(&first, &url).await);

    let second = folder.renew();
    assert!(!is_trusted(&second, &url).await, "not before it was looked at");
    clock.advance(Duration::from_secs(60));
    wait_until_trusted(&second, &url).await;
    assert!(!is_trusted(&first, &url).await);

    lifecycle.soft_stop.cancel();
    let limit = Duration::from_secs(10);
    tokio::time::timeout(limit, served).await.expect("it stops").expect("no panic");
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(limit, silent.read_to_end(&mut rest)).await.expect("the handshake is given up");
    assert!(ended.is_err() || rest.is_empty(), "{rest:?}");
}

fn serving(home: &Path, folder: &CertificateFolder) -> std::process::Command {
    let mut command = gleaner_command(home);
    command.arg("--data-dir").arg(home.join("data"));
    command.env("GLEANER_TLS__CERT", folder.cert()).env("GLEANER_TLS__KEY", folder.key());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn sighup_reloads_the_certificate() {
    let (home, folder) = (TempDir::new().expect("a folder"), CertificateFolder::new());
    folder.renew();
    let server = ServerProcess::start(serving(home.path(), &folder));
    assert!(server.url.starts_with("https://127.0.0.1:"), "{}", server.url);
    let second = folder.renew();
    server.signal("HUP");
    wait_until_trusted(&second, &server.url).await;
    server.signal("TERM");
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("the certificate was read again"), "{log}");
}

#[test]
fn certificate_errors_are_reported_at_the_start_and_by_the_doctor() {
    let (home, folder) = (TempDir::new().expect("a folder"), CertificateFolder::new());
    let other_key = rcgen::KeyPair::generate().expect("a key").serialize_pem();
    for (path, content, parts) in [
        (folder.cert(), Some("no certificate"), &["tls.cert", "cert.pem", "no certificate in PEM"][..]),
        (folder.key(), Some("-----BEGIN NOTHING-----"), &["tls.key", "key.pem", "no private key in PEM"]),
        (folder.key(), Some(other_key.as_str()), &["cert.pem", "key.pem", "cannot be used together"]),
        (folder.key(), None, &["tls.key cannot be read from", "key.pem", "No such file"]),
    ] {
        folder.renew();
        match content {
            Some(content) => fs::write(&path, content).expect("written"),
            None => fs::remove_file(&path).expect("removed"),
        }
        let start = serving(home.path(), &folder).args(["--addr", "127.0.0.1:0"]).output().expect("it runs");
        let doctor = serving(home.path(), &folder).args(["doctor", "--ollama-host", "127.0.0.1:9"]).output();
        for (said, code) in [(output_texts(&start).1, 1), (output_texts(&doctor.expect("it runs")).0, 3)] {
            assert!(parts.iter().all(|part| said.contains(part)), "{code}: {said}");
        }
        assert_eq!(start.status.code(), Some(1));
    }
    for (given, missing) in [("GLEANER_TLS__CERT", "tls.key"), ("GLEANER_TLS__KEY", "tls.cert")] {
        let output = gleaner_command(home.path()).env(given, folder.cert()).args(["config", "check"]).output();
        let said = output_texts(&output.expect("it runs")).1;
        assert!(said.contains(&format!("Set {missing} too, or neither")), "{said}");
    }
}

#[test]
fn the_doctor_checks_the_permissions_of_the_key() {
    let (home, folder) = (TempDir::new().expect("a folder"), CertificateFolder::new());
    for (mode, is_open) in [(0o600, false), (0o400, false), (0o640, false), (0o644, true), (0o660, true), (0o604, true)]
    {
        folder.renew();
        fs::set_permissions(folder.key(), fs::Permissions::from_mode(mode)).expect("a mode");
        assert_eq!(is_open_to_others(&folder.key()).expect("a file"), is_open, "{mode:o}");
        let output = serving(home.path(), &folder).args(["doctor", "--ollama-host", "127.0.0.1:9"]).output();
        let said = output_texts(&output.expect("it runs")).0;
        assert_eq!(said.contains("chmod 600"), is_open, "{mode:o}: {said}");
    }
}
