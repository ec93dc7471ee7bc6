//! The language of everything that a person reads.

use clap::ValueEnum;
use ketang_protocol::sentence::Sentence;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    Zh,
    En,
}

impl Lang {
    /// What `--lang` says, or the environment. Looked for before the flags are read, because their help has a language too.
    pub(crate) fn chosen() -> Self {
        let args: Vec<String> = std::env::args().skip(1).collect();
        let flag = args.iter().enumerate().find_map(|(index, arg)| match arg.strip_prefix("--lang")? {
            "" => args.get(index + 1).cloned(),
            value => value.strip_prefix('=').map(str::to_owned),
        });
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let locale = || variable("LC_ALL").or_else(|| variable("LC_MESSAGES")).or_else(|| variable("LANG"));
        match flag.and_then(|flag| Lang::from_str(&flag, false).ok()) {
            Some(lang) => lang,
            None if locale().is_some_and(|locale| locale.starts_with("zh")) => Self::Zh,
            None => Self::En,
        }
    }

    pub(crate) fn say(self, sentence: Sentence) -> String {
        self.pick(sentence.chinese, sentence.english)
    }

    pub(crate) fn pick<T>(self, chinese: T, english: T) -> T {
        match self {
            Self::Zh => chinese,
            Self::En => english,
        }
    }
}
