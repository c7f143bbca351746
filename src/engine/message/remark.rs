//! What a face is told beside a job's outcome: the job did what was ordered, and something about it is not as ordered.

/// One thing to tell of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Path on the side that it is about, as text.
    pub path: String,
    /// What happened to it, as a sentence.
    pub text: String,
}

impl Remark {
    /// A temporary file that the server does not delete.
    pub(crate) fn left_behind(path: String) -> Self {
        let text =
            "This temporary file of ours is still on the server, which refused to delete it. The file itself was sent \
                    under its own name."
                .to_owned();
        Self { path, text }
    }

    /// Anything else.
    pub(crate) fn told(path: String, text: String) -> Self {
        Self { path, text }
    }
}
