//! `ketangd`: reads what it is asked, opens the host, serves its surfaces, and closes everything at the first signal.

use std::process::ExitCode;

use clap::Parser;
use ketangd::api::{self, Socket};
use ketangd::cli::Cli;
use ketangd::config::Config;
use ketangd::host::{self, Message, OpenError};
use ketangd::{memory, notify};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// The exit status for a configuration that cannot be used, as sysexits.h has it.
const EX_CONFIG: u8 = 78;

fn main() -> ExitCode {
    memory::share();
    let cli = Cli::parse();
    let config = match cli.load() {
        Ok(config) => config,
        Err(error) => {
            eprintln!("ketangd: {error}");
            return ExitCode::from(EX_CONFIG);
        }
    };
    if cli.check {
        eprintln!("ketangd: the configuration is right");
        return ExitCode::SUCCESS;
    }
    tracing_subscriber::fmt().with_env_filter(config.log.level.as_str()).with_writer(std::io::stderr).init();
    match run(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
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

/// Start-up and shut-down, from top to bottom.
fn run(config: Config) -> Result<(), Failed> {
    let system = |what| move |source| Failed::System { what, source };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(system("the runtime cannot be started"))?;
    let _inside = runtime.enter();
    memory::keep_small().map_err(system("a thread cannot be started"))?;
    // The socket comes first: a second daemon must not touch the first one's data.
    let socket = Socket::bind(config.host.socket.as_path())?;
    let metrics_listen = config.host.metrics_listen.map(|listen| listen.get());
    let metrics_listener = match metrics_listen {
        None => None,
        Some(address) => Some(
            runtime
                .block_on(tokio::net::TcpListener::bind(address))
                .map_err(system("`host.metrics-listen` cannot be listened on"))?,
        ),
    };

    let opened = host::open(config)?;
    let handle = opened.host.handle(runtime.handle());
    let news = opened.host.news();
    let (stop, stopped) = watch::channel(false);
    let until_stop = |mut stopped: watch::Receiver<bool>| async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let mut terminate = signal(SignalKind::terminate()).map_err(system("signals cannot be caught"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(system("signals cannot be caught"))?;
    runtime.spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("told to stop");
        let _ = news.send(Message::Stop);
    });
    if let Some(listener) = metrics_listener {
        runtime.spawn(api::serve_metrics(listener, handle.snapshots.clone(), until_stop(stopped.clone())));
    }
    let served = runtime.spawn(api::serve(socket, handle, until_stop(stopped)));
    notify::ready("ready for a lesson");
    tracing::info!("ready");

    opened.run();

    stop.send_replace(true);
    match runtime.block_on(served) {
        Ok(Err(source)) => Err(Failed::System { what: "the API could not be served", source }),
        Ok(Ok(())) | Err(_) => Ok(()),
    }
}
