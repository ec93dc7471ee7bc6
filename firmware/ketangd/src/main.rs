//! `ketangd`: reads what it is asked, opens the host, serves its surfaces, and closes everything at the first signal, or to
//! begin anew with newer settings.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;
use ketangd::api::{self, Socket};
use ketangd::cli::{Cli, Wanted};
use ketangd::config::rule::Listen;
use ketangd::config::{Config, ConfigError};
use ketangd::host::{self, Ended, Message, OpenError, Opened};
use ketangd::settings::Settings;
use ketangd::{memory, notify, restart};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// The exit status for a configuration that cannot be used, as sysexits.h has it.
const EX_CONFIG: u8 = 78;

fn main() -> ExitCode {
    memory::share();
    let cli = Cli::parse();
    let wanted = match cli.load() {
        Ok(wanted) => wanted,
        Err(error) => return refuse(&error),
    };
    if cli.check {
        return match &wanted.config {
            Ok(_) => {
                eprintln!("ketangd: the configuration is right");
                ExitCode::SUCCESS
            }
            Err(error) => refuse(error),
        };
    }
    let log = &wanted.config.as_ref().unwrap_or(&wanted.without_settings).log;
    tracing_subscriber::fmt().with_env_filter(log.level.as_str()).with_writer(std::io::stderr).init();
    match run(wanted) {
        Ok(Ended::Told) => ExitCode::SUCCESS,
        Ok(Ended::ForSettings) => {
            tracing::info!("the host begins anew, with newer settings");
            tracing::error!("the host cannot begin anew: {}", restart::anew());
            ExitCode::FAILURE
        }
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn refuse(error: &ConfigError) -> ExitCode {
    eprintln!("ketangd: {error}");
    ExitCode::from(EX_CONFIG)
}

#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Socket(#[from] api::SocketError),
    #[error("{what}: {source}")]
    System { what: &'static str, source: std::io::Error },
}

/// What a configuration opens.
struct Begun {
    metrics: Option<TcpListener>,
    opened: Opened,
}

/// Opens what a configuration wants; to be called inside the asynchronous runtime.
fn begin(config: Config, settings: &Arc<Settings>) -> Result<Begun, Failed> {
    let unheard = |source| Failed::System { what: "`host.metrics-listen` cannot be listened on", source };
    let listen = |address: Listen| {
        let listener = std::net::TcpListener::bind(address.get())?;
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener)
    };
    let metrics = config.host.metrics_listen.map(listen).transpose().map_err(unheard)?;
    let opened = host::open(config, Arc::clone(settings))?;
    Ok(Begun { metrics, opened })
}

/// As [`begin`], without the settings where they are broken: they never keep a host from starting.
fn begin_wanted(wanted: Wanted) -> Result<Begun, Failed> {
    let Wanted { config, without_settings, settings } = wanted;
    let settings = Arc::new(settings);
    let (mut begun, why) = match config {
        Ok(config) => match begin(config, &settings) {
            Err(error) if !settings.are_empty() => match begin(without_settings, &settings) {
                Ok(begun) => (begun, error.to_string()),
                // It was not the settings then; or the host is nothing without them.
                Err(_) => return Err(error),
            },
            begun => return begun,
        },
        Err(error) => (begin(without_settings, &settings)?, error.to_string()),
    };
    match settings.put_aside() {
        Ok(file) => begun.opened.host.settings_were_put_aside(&file, &why),
        Err(error) => tracing::error!("the settings cannot be used ({why}), and not be put aside: {error}"),
    }
    Ok(begun)
}

/// Start-up and shut-down, from top to bottom.
fn run(wanted: Wanted) -> Result<Ended, Failed> {
    let system = |what| move |source| Failed::System { what, source };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(system("the runtime cannot be started"))?;
    let _inside = runtime.enter();
    memory::keep_small().map_err(system("a thread cannot be started"))?;
    // The socket comes first: a second daemon must not touch the first one's data.
    let socket = Socket::bind(wanted.without_settings.host.socket.as_path())?;
    let Begun { metrics, mut opened } = begin_wanted(wanted)?;
    let handle = opened.host.handle(runtime.handle());
    let news = opened.host.news();
    let (stop, stopped) = watch::channel(false);
    let until_stop = |mut stopped: watch::Receiver<bool>| async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let mut terminate = signal(SignalKind::terminate()).map_err(system("signals cannot be caught"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(system("signals cannot be caught"))?;
    let told = Arc::new(AtomicBool::new(false));
    let was_told = Arc::clone(&told);
    runtime.spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("told to stop");
        told.store(true, Ordering::Relaxed);
        let _ = news.send(Message::Stop);
    });
    if let Some(listener) = metrics {
        runtime.spawn(api::serve_metrics(listener, handle.snapshots.clone(), until_stop(stopped.clone())));
    }
    let served = runtime.spawn(api::serve(socket, handle, until_stop(stopped)));
    notify::ready("ready for a lesson");
    tracing::info!("ready");

    let ended = opened.run();

    stop.send_replace(true);
    match runtime.block_on(served) {
        Ok(Err(source)) => Err(Failed::System { what: "the API could not be served", source }),
        // Whoever tells it to stop while it closes for newer settings does not want it back.
        Ok(Ok(())) | Err(_) if was_told.load(Ordering::Relaxed) => Ok(Ended::Told),
        Ok(Ok(())) | Err(_) => Ok(ended),
    }
}
