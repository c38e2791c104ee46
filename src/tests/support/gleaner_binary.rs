//! The real program, started with an empty environment except for what a test sets.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
};
use tempfile::TempDir;

/// The program with `home` as the home folder: the one that `GLEANER_BIN` names, such as a release build, else the debug build.
pub fn gleaner_command(home: &Path) -> Command {
    let program = std::env::var_os("GLEANER_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_gleaner").into());
    let mut command = Command::new(program);
    command.env_clear().env("HOME", home).current_dir(home);
    command
}

/// As [`gleaner_command`], with limits set by `ulimit` before, such as `-f 0`. A write beyond the largest file size is an error for
/// it, as on a full disk, and no signal that ends it.
pub fn limited_gleaner_command(home: &Path, ulimit: &str) -> Command {
    let mut command = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -S {ulimit} && exec \"$@\"");
    command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_gleaner")]);
    command.env_clear().env("HOME", home).env("PATH", "/usr/bin:/bin").current_dir(home);
    command
}

/// The program run by a user without root's rights, for tests of permissions.
pub struct UnprivilegedGleaner {
    program: PathBuf,
    home: PathBuf,
    user: Option<u32>,
    /// A folder with the program that this user can read.
    _folder: TempDir,
}

/// Prepares it for the user who runs the tests, or when that is root, for an unprivileged one who becomes the owner of `home`.
pub fn unprivileged_gleaner(home: &Path) -> UnprivilegedGleaner {
    const NOBODY: u32 = 65_534;
    let folder = TempDir::new().expect("a folder");
    let (mut program, mut user) = (PathBuf::from(env!("CARGO_BIN_EXE_gleaner")), None);
    if rustix::process::geteuid().is_root() {
        let copy = folder.path().join("gleaner");
        if fs::hard_link(&program, &copy).is_err() {
            fs::copy(&program, &copy).expect("copied");
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("opened");
        for entry in fs::read_dir(home).expect("readable") {
            chown(entry.expect("an entry").path(), Some(NOBODY), Some(NOBODY)).expect("given");
        }
        chown(home, Some(NOBODY), Some(NOBODY)).expect("given");
        (program, user) = (copy, Some(NOBODY));
    }
    UnprivilegedGleaner { program, home: home.to_owned(), user, _folder: folder }
}

impl UnprivilegedGleaner {
    /// As [`gleaner_command`].
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().env("HOME", &self.home).current_dir("/");
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command
    }
}

/// Runs it to its end.
pub fn run_gleaner(home: &Path, args: &[&str]) -> Output {
    gleaner_command(home).args(args).output().expect("it runs")
}

/// Standard output and standard error.
pub fn output_texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// A server that is ready. Killed when dropped.
pub struct ServerProcess {
    child: Child,
    /// `http://127.0.0.1:PORT`
    pub url: String,
    log: BufReader<std::process::ChildStderr>,
}

impl ServerProcess {
    /// Starts `command` with a free port and waits until it says that it is ready.
    pub fn start(mut command: Command) -> Self {
        command.args(["--addr", "127.0.0.1:0"]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let log = BufReader::new(child.stderr.take().expect("piped"));
        let mut running = Self { child, url: String::new(), log };
        let mut said = String::new();
        while running.url.is_empty() {
            let from = said.len();
            assert!(running.log.read_line(&mut said).expect("readable") > 0, "it ended before it was ready:\n{said}");
            if let Some((_, rest)) = said[from..].split_once("url=") {
                running.url = rest.split_whitespace().next().expect("an address").to_owned();
            }
        }
        running
    }

    /// Sends a signal by name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(status.expect("kill exists").success());
    }

    /// Sets the largest size that it may give a file, in bytes: with 0 no write succeeds, as on a full disk. `None`: none.
    /// For a program of [`limited_gleaner_command`].
    pub fn limit_file_size(&self, bytes: Option<u64>) {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(Some(Pid::from_child(&self.child)), Resource::Fsize, limit).expect("limited");
    }

    /// Kills it with SIGKILL.
    pub fn kill(self) {
        self.signal("KILL");
        self.wait();
    }

    /// The processor time that it has used.
    pub fn cpu(&self) -> std::time::Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("Linux");
        // Behind the name in parentheses; user and system time are the 12th and 13th fields from there, in hundredths of a second.
        let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
        let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().expect("a number")).sum();
        std::time::Duration::from_millis(ticks * 10)
    }

    /// A figure of its memory in bytes by its name in proc(5), such as `VmRSS` or `VmHWM`, the peak.
    pub fn memory(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("Linux");
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).expect("a figure");
        line.trim().trim_end_matches("kB").trim().parse::<u64>().expect("a number") * 1024
    }

    /// Resets the peak of its memory to the current value (proc(5), `clear_refs`).
    pub fn reset_peak_memory(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").expect("Linux");
    }

    /// Waits for its end and returns the exit status and the log since it was ready.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let mut log = String::new();
        self.log.read_to_string(&mut log).expect("readable");
        (self.child.wait().expect("it ends"), log)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Fails when it has ended already, as in most tests.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
