//! Settings: four sources, each value with its origin; errors name the allowed values.

use crate::support::gleaner_binary::{gleaner_command, output_texts, run_gleaner};
use gleaner::server::config::{self, Config, ConfigOrigin, ConfigSources, keys, keys::KEYS, leptos_options};
use std::{collections::BTreeMap, path::PathBuf, time::Duration};
use tempfile::TempDir;

fn sources(env: &[(&str, &str)]) -> ConfigSources {
    let env: BTreeMap<_, _> = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    ConfigSources { env, user_data_dir: Some("/home/reader/.local/share".into()), ..ConfigSources::default() }
}

fn config_from_env(env: &[(&str, &str)]) -> Config {
    config::load(&sources(env)).expect("valid").config
}

fn load_error(env: &[(&str, &str)]) -> String {
    config::load(&sources(env)).expect_err("not valid").to_string()
}

#[test]
fn the_defaults_are_those_of_the_documents() {
    let config = config_from_env(&[]);
    assert_eq!(config.addr.to_string(), "127.0.0.1:3000");
    assert_eq!(config.data_dir, PathBuf::from("/home/reader/.local/share/gleaner"));
    assert_eq!(config.ollama.host.as_str(), "http://127.0.0.1:11434/");
    assert_eq!(config.ollama.model, "qwen3:8b".into());
    assert_eq!(config.ollama.connect_timeout, Duration::from_secs(5));
    assert_eq!(config.ollama.first_byte_timeout, Duration::from_secs(600));
    assert_eq!(config.ollama.idle_timeout, Duration::from_secs(180));
    assert_eq!(config.ollama.request_budget, Duration::from_secs(1800));
    assert_eq!((config.ollama.retries, config.ollama.concurrency), (6, 1));
    assert!(config.ollama.stream && config.ollama.warm_up);
    assert_eq!(config.ollama.pull_registries, ["registry.ollama.ai", "hf.co", "huggingface.co"]);
    assert_eq!((config.fetch.concurrency, config.fetch.max_bytes), (16, 15 << 20));
    assert_eq!(
        (config.fetch.per_host_spacing, config.fetch.timeout),
        (Duration::from_secs(1), Duration::from_secs(20))
    );
    assert!(config.fetch.user_agent.starts_with(concat!("Gleaner/", env!("CARGO_PKG_VERSION"))));
    assert!(config.ollama.bearer_token.is_none() && config.ollama.scoring_model.is_none());
}

/// Every key is in the embedded file, and the settings as shown can be read back.
#[test]
fn the_table_of_keys_and_the_embedded_file_agree() {
    let embedded: toml::Table = include_str!("../../../Leptos.toml").parse().expect("TOML");
    let mut config = config_from_env(&[]);
    for key in KEYS {
        let mut value = Some(&toml::Value::Table(embedded.clone()));
        for part in key.name.split('.') {
            value = value.and_then(|table| table.get(part));
        }
        assert!(value.is_some(), "{} is missing in Leptos.toml", key.name);
        let shown = (key.get)(&config);
        (key.set)(&mut config, &shown).unwrap_or_else(|why| panic!("{} = {shown:?}: {why}", key.name));
        assert_eq!((key.get)(&config), shown, "{}", key.name);
    }
}

#[test]
fn the_keys_shared_with_the_build_equal_those_of_cargo_toml() {
    let embedded: toml::Table = include_str!("../../../Leptos.toml").parse().expect("TOML");
    let manifest: toml::Table = include_str!("../../../Cargo.toml").parse().expect("TOML");
    let built = &manifest["package"]["metadata"]["leptos"];
    for (name, value) in embedded["leptos"].as_table().expect("a table") {
        assert_eq!(Some(value), built.get(name), "{name}");
    }
    let options = leptos_options(&config_from_env(&[]));
    for (name, value) in [
        ("output-name", options.output_name.to_string()),
        ("site-root", options.site_root.to_string()),
        ("site-pkg-dir", options.site_pkg_dir.to_string()),
        ("site-addr", options.site_addr.to_string()),
    ] {
        assert_eq!(embedded["leptos"][name].as_str(), Some(value.as_str()), "{name}");
    }
    assert_eq!(embedded["leptos"]["reload-port"].as_integer(), Some(i64::from(options.reload_port)));
}

#[test]
fn flags_win_over_environment_over_file_over_defaults() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("gleaner.toml");
    std::fs::write(&file, "[ollama]\nretries = 1\nmodel = \"file\"\nhost = \"file.example\"\n").expect("written");
    let mut all = sources(&[("GLEANER_OLLAMA__MODEL", "env"), ("GLEANER_OLLAMA__HOST", "env.example")]);
    all.file = Some(file.clone());
    all.flags = vec![("ollama.host", "flag.example".into())];
    let loaded = config::load(&all).expect("valid");
    let origin = |name| loaded.origin(keys::find_key(name).expect("a key")).clone();
    assert_eq!((loaded.config.ollama.retries, origin("ollama.retries")), (1, ConfigOrigin::File(file)));
    assert_eq!(
        (loaded.config.ollama.model.as_str(), origin("ollama.model")),
        ("env", ConfigOrigin::Env("GLEANER_OLLAMA__MODEL".into()))
    );
    assert_eq!(loaded.config.ollama.host.as_str(), "http://flag.example:11434/");
    assert_eq!(origin("ollama.host"), ConfigOrigin::Flag("--ollama-host"));
    assert_eq!(origin("addr"), ConfigOrigin::Default);
}

#[test]
fn variables_of_ollama_are_read_after_our_own() {
    let known = [
        ("OLLAMA_HOST", "0.0.0.0:4000"),
        ("OLLAMA_MODEL", "m"),
        ("OLLAMA_TIMEOUT", "90"),
        ("MODEL_RETRIES", "2"),
        ("OLLAMA_STREAM", "0"),
    ];
    let config = config_from_env(&known);
    assert_eq!(config.ollama.host.as_str(), "http://127.0.0.1:4000/");
    assert_eq!((config.ollama.model.as_str(), config.ollama.retries, config.ollama.stream), ("m", 2, false));
    assert_eq!(config.ollama.first_byte_timeout, Duration::from_secs(90));
    let both = [("OLLAMA_HOST", "theirs"), ("GLEANER_OLLAMA__HOST", "ours")];
    assert_eq!(config_from_env(&both).ollama.host.as_str(), "http://ours:11434/");
    assert_eq!(
        config_from_env(&[("GLEANER_OLLAMA__HOST", ""), ("OLLAMA_HOST", "")]).ollama.host.as_str(),
        "http://127.0.0.1:11434/"
    );
}

#[test]
fn lists_in_the_environment_are_separated_by_commas() {
    let config =
        config_from_env(&[("GLEANER_FETCH__ALLOW_NETWORKS", "10.0.0.0/8, ::1"), ("GLEANER_HOSTS", "a.lan,b.lan")]);
    assert_eq!(config.fetch.allow_networks.len(), 2);
    assert_eq!(config.hosts, ["a.lan", "b.lan"]);
}

#[test]
fn errors_name_the_origin_and_the_allowed_values() {
    for (env, parts) in [
        (("GLEANER_ADR", "x"), &["GLEANER_ADR", "environment", "GLEANER_ADDR"][..]),
        (("GLEANER_OLLAMA__RETRY", "1"), &["GLEANER_OLLAMA__RETRY", "GLEANER_OLLAMA__RETRIES"]),
        (("GLEANER_ADDR", "3000"), &["addr", "\"3000\"", "environment GLEANER_ADDR", "127.0.0.1:3000"]),
        (("OLLAMA_TIMEOUT", "soon"), &["ollama.first_byte_timeout", "soon", "OLLAMA_TIMEOUT", "90s"]),
        (("GLEANER_FETCH__MAX_BYTES", "lots"), &["fetch.max_bytes", "lots", "15MiB"]),
        (("GLEANER_LOG__LEVEL", "loud"), &["log.level", "loud", "debug"]),
        (("GLEANER_LOG__FORMAT", "xml"), &["log.format", "xml", "text or json"]),
        (("GLEANER_OLLAMA__CONCURRENCY", "0"), &["ollama.concurrency", "\"0\"", "1 to 64"]),
        (("GLEANER_CONFIG", "/missing.toml"), &["/missing.toml", "cannot be read"]),
    ] {
        let said = load_error(&[env]);
        for part in parts {
            assert!(said.contains(part), "{env:?}: {part} is missing in: {said}");
        }
    }
    // All at once, not one after the other.
    assert_eq!(load_error(&[("GLEANER_ADDR", "x"), ("GLEANER_FETCH__TIMEOUT", "y")]).lines().count(), 2);
}

#[test]
fn a_file_with_an_unknown_key_is_refused_and_a_copy_of_the_defaults_is_not() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("gleaner.toml");
    let load = |text: &str| {
        std::fs::write(&file, text).expect("written");
        config::load(&ConfigSources { file: Some(file.clone()), ..sources(&[]) })
    };
    load(include_str!("../../../Leptos.toml")).expect("a copy is fine");
    for (text, part) in [
        ("adr = \"127.0.0.1:1\"", "Did you mean addr?"),
        ("[ollama]\nhots = \"x\"", "Did you mean ollama.host?"),
        ("[zebra]\nstripes = 3", "gleaner config show"),
        ("[leptos]\noutput-name = \"other\"", "fixed once Gleaner is built"),
        ("addr = [1, 2", "cannot be read"),
    ] {
        let said = load(text).expect_err(text).to_string();
        assert!(said.contains(part) && said.contains("gleaner.toml"), "{text}: {said}");
    }
}

#[test]
fn the_token_may_come_from_a_file_and_is_never_shown() {
    let home = TempDir::new().expect("a folder");
    let file = home.path().join("token");
    std::fs::write(&file, "very-secret-token\n").expect("written");
    let name = file.to_string_lossy();
    let config = config_from_env(&[("GLEANER_OLLAMA__BEARER_TOKEN_FILE", &name)]);
    assert_eq!(config.ollama.bearer_token.as_ref().map(|secret| secret.0.as_str()), Some("very-secret-token"));
    assert!(!format!("{config:?}").contains("very-secret"));

    for args in [&["config", "show"][..], &["config", "show", "--json"]] {
        let output = gleaner_command(home.path())
            .args(args)
            .env("GLEANER_OLLAMA__BEARER_TOKEN", "very-secret-token")
            .output()
            .expect("it runs");
        let (shown, _) = output_texts(&output);
        assert!(shown.contains("••••") && shown.contains("environment GLEANER_OLLAMA__BEARER_TOKEN"), "{shown}");
        assert!(!shown.contains("very-secret"), "{shown}");
    }
    let (_, said) = output_texts(
        &gleaner_command(home.path())
            .env("GLEANER_OLLAMA__BEARER_TOKN", "very-secret-token")
            .output()
            .expect("it runs"),
    );
    assert!(said.contains("Did you mean GLEANER_OLLAMA__BEARER_TOKEN?") && !said.contains("very-secret"), "{said}");
}

/// Values that no setting takes, each with a secret in it.
const VALUES_WITH_SECRETS: [&str; 9] = [
    "http://reader:hunter2@models.lan",
    "hunter2@models.lan",
    "ftp://reader:hunter2@models.lan/",
    "reader:hunter2@ftp://models.lan",
    "reader:hunter2@models.lan, x",
    "http://models.lan/?token=hunter2",
    "http://reader:hun@ter?hunter2@models.lan",
    "reader:hunter2@models.lan\nsecond line",
    "12hunter2@",
];

#[test]
fn no_error_shows_a_secret() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("gleaner.toml");
    let mut refused = 0;
    for key in KEYS {
        for value in VALUES_WITH_SECRETS {
            let env_name = key.env_name();
            let misspelled = format!("{env_name}S");
            std::fs::write(&file, format!("\"{}s\" = {value:?}\n{} = {value:?}", key.name, key.name)).expect("written");
            let flags = vec![(key.name, value.to_owned())];
            for sources in [
                sources(&[(&env_name, value)]),
                sources(&[(&misspelled, value)]),
                ConfigSources { file: Some(file.clone()), ..sources(&[]) },
                ConfigSources { flags, ..sources(&[]) },
                sources(&[(&format!("{env_name}_FILE"), value)]),
            ] {
                let Err(error) = config::load(&sources) else { continue };
                refused += 1;
                assert!(!format!("{error} {error:?}").contains("hunter2"), "{} = {value}: {error}", key.name);
            }
        }
    }
    assert!(refused > KEYS.len() * VALUES_WITH_SECRETS.len() * 3, "{refused}");
    for torn in ["bearer_token = \"hunter2", "[ollama]\nbearer_token = hunter2", "a = 1\na = \"hunter2\""] {
        std::fs::write(&file, torn).expect("written");
        let error = config::load(&ConfigSources { file: Some(file.clone()), ..sources(&[]) }).expect_err("torn");
        let said = format!("{error} {error:?}");
        assert!(said.contains("line ") && !said.contains("hunter2"), "{torn}: {said}");
    }
}

#[test]
fn a_token_that_no_header_holds_is_refused_and_never_dropped() {
    let home = TempDir::new().expect("a folder");
    for name in ["OLLAMA__BEARER_TOKEN", "OLLAMA__BASIC_AUTH", "FETCH__USER_AGENT", "ACCESS__OWNER", "OLLAMA__MODEL"] {
        for value in ["reader:hunter2\nx: y", "reader:hun\rter2", "reader:hun\u{1b}ter2", "reader:hun\tter2"] {
            for (args, code) in [(&["config", "check"][..], 3), (&["--addr", "127.0.0.1:0", "serve"], 1)] {
                let output = gleaner_command(home.path())
                    .args(args)
                    .env(format!("GLEANER_{name}"), value)
                    .output()
                    .expect("it runs");
                let (said, complained) = output_texts(&output);
                assert_eq!(output.status.code(), Some(code), "{name} {value:?} {args:?}: {complained}");
                assert!(format!("{said}{complained}").contains("control character"), "{said}{complained}");
            }
        }
        // The end of the line that an editor leaves is none of the value.
        let config = config_from_env(&[(&format!("GLEANER_{name}"), "reader:hunter2\n")]);
        assert!(!format!("{:?}", keys::KEYS.iter().map(|key| (key.get)(&config)).collect::<Vec<_>>()).contains("\\n"));
    }
}

#[test]
fn check_changes_nothing() {
    let home = TempDir::new().expect("a folder");
    assert_eq!(run_gleaner(home.path(), &["config", "check"]).status.code(), Some(0));
    let output =
        gleaner_command(home.path()).args(["config", "check"]).env("GLEANER_NONSENSE", "1").output().expect("it runs");
    assert_eq!(output.status.code(), Some(3));
    assert!(std::fs::read_dir(home.path()).expect("readable").next().is_none(), "it left something behind");
}
