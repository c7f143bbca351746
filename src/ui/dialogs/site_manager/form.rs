//! The form of the selected site in three tabs, or of the selected folder.

use egui::{ComboBox, Response, RichText, ScrollArea, Sense, Stroke, TextEdit, Ui, vec2};

use crate::app::forms::site_drafts::SiteDrafts;
use crate::app::forms::site_form::{SiteForm, SiteProblems};
use crate::app::{Action, Actions, Model, Pick, words};
use crate::domain::{Charset, Logon, MinimumTls, Secret, Security, SiteColour, TransferMode};
use crate::store::settings::Settings;
use crate::store::sitebook::{Folder, NodeId};
use crate::ui::dialogs::parts::{
    LABEL_WIDTH, field, focus_and_select, hint, input, label_cell, note, section, tab_line, text_edit,
};
use crate::ui::dialogs::site_manager::learned;
use crate::ui::theme;
use crate::ui::theme::CONTROL;

/// What the form remembers between frames.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Which part is shown.
    tab: Tab,
    /// Saving was tried: now empty fields are told, too.
    pub(super) tried: bool,
    /// The cursor goes into the name, once, all of it selected.
    focus_name: bool,
    /// Whether the system has a keyring; `None` = not known yet.
    pub(super) keyring: Option<bool>,
}

/// A part of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Tab {
    /// Where it is and how to log in.
    #[default]
    General,
    /// What most never touch.
    Advanced,
    /// What was found out.
    Learned,
}

impl State {
    /// Something new was made.
    pub(super) fn begin(&mut self) {
        self.tried = false;
        self.focus_name();
    }

    /// The cursor goes into the name.
    pub(super) fn focus_name(&mut self) {
        self.tab = Tab::General;
        self.focus_name = true;
    }

    /// Saving was tried and could not be: what is wrong comes in sight.
    pub(super) fn refused(&mut self, problems: &SiteProblems) {
        self.tried = true;
        let general = SiteProblems {
            certificate: None,
            clock_offset: None,
            connection_limit: None,
            limit_down: None,
            limit_up: None,
            learned: Default::default(),
            ..problems.clone()
        };
        let learned = SiteProblems { learned: problems.learned, ..SiteProblems::default() };
        self.tab = if general != SiteProblems::default() {
            Tab::General
        } else if *problems == learned {
            Tab::Learned
        } else {
            Tab::Advanced
        };
    }
}

/// Charsets that file names on servers really have, the likeliest first.
const CHARSETS: [&str; 16] = [
    "UTF-8",
    "windows-1252",
    "ISO-8859-15",
    "ISO-8859-2",
    "windows-1250",
    "windows-1251",
    "KOI8-R",
    "IBM866",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "Shift_JIS",
    "EUC-KR",
    "GBK",
    "Big5",
];

pub(super) fn folder(ui: &mut Ui, folder: &mut Folder, state: &mut State) {
    let width = ui.available_width() - LABEL_WIDTH - 8.0;
    let name = field(ui, "Folder name", |ui| input(ui, &mut folder.name, width, false));
    focus_name(&name, state, &folder.name);
    hint(ui, "Drag sites onto the folder to put them into it.", None);
}

pub(super) fn site(
    ui: &mut Ui,
    drafts: &mut SiteDrafts,
    id: NodeId,
    state: &mut State,
    model: &Model,
    actions: &mut Actions,
) {
    let is_saved = model.sites.node(id).is_some();
    let Some(form) = drafts.form_mut(id) else { return };
    let problems = visible_problems(form, state.tried);
    tabs(ui, form, &problems, &mut state.tab);
    let scroll = ScrollArea::vertical().id_salt(("form", id, state.tab as u8)).auto_shrink([false, false]);
    scroll.show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
        let width = ui.available_width() - LABEL_WIDTH - 8.0 - 12.0;
        match state.tab {
            Tab::General => general(ui, form, &problems, width, is_saved, state, model, actions),
            Tab::Advanced => advanced(ui, form, &problems, width, &model.settings, actions),
            Tab::Learned => learned::show(ui, &mut form.learned, problems.learned),
        }
    });
}

fn tabs(ui: &mut Ui, form: &SiteForm, problems: &SiteProblems, chosen: &mut Tab) {
    let known = form.learned.known().len();
    let learned = if known == 0 { "Learned".to_owned() } else { format!("Learned ({known})") };
    let wrong_general = problems.host.or(problems.port).or(problems.user).or(problems.local_dir);
    let wrong_advanced = problems.connection_limit.or(problems.limit_down).or(problems.limit_up);
    let wrong_advanced = wrong_advanced.or(problems.certificate).or(problems.clock_offset);
    let wrong_learned = problems.learned.cap.or(problems.learned.clock);
    let tabs = [
        (Tab::General, "General", wrong_general.is_some()),
        (Tab::Advanced, "Advanced", wrong_advanced.is_some()),
        (Tab::Learned, &learned, wrong_learned.is_some()),
    ];
    tab_line(ui, &tabs, chosen);
}

#[expect(clippy::too_many_arguments, reason = "what a form is drawn from")]
fn general(
    ui: &mut Ui,
    form: &mut SiteForm,
    problems: &SiteProblems,
    width: f32,
    is_saved: bool,
    state: &mut State,
    model: &Model,
    actions: &mut Actions,
) {
    let name = field(ui, "Site name", |ui| input(ui, &mut form.name, width, false));
    focus_name(&name, state, &form.name);
    server(ui, form, problems, width);
    login(ui, form, problems, width, is_saved);
    if matches!(form.logon, Logon::Normal | Logon::Account) {
        password_note(ui, form, is_saved, state.keyring);
    }
    if form.logon == Logon::Account {
        let account = |ui: &mut Ui| {
            let edit = TextEdit::singleline(&mut form.account).password(true);
            text_edit(ui, edit, width, false)
        };
        field(ui, "Account", account)
            .on_hover_text("Kept in the keyring, as the password is. Empty: the one that is kept already.");
    }
    transfer(ui, form, model.settings.transfer_mode);
    begin(ui, form, problems, width, actions);
    colours(ui, form);
    field(ui, "Notes", |ui| {
        let notes = TextEdit::multiline(&mut form.notes).desired_rows(3);
        ui.add(notes.desired_width(width).margin(egui::Margin::symmetric(8, 5)))
    });
}

/// Encryption in detail, and how to reach the server.
fn advanced(
    ui: &mut Ui,
    form: &mut SiteForm,
    problems: &SiteProblems,
    width: f32,
    settings: &Settings,
    actions: &mut Actions,
) {
    section(ui, "Encryption");
    let encrypts = form.security != Security::Off;
    ui.add_enabled_ui(encrypts, |ui| {
        let as_set = format!("As in the settings ({})", settings.minimum_tls);
        let shown = form.minimum_tls.map_or(as_set.clone(), |least| least.to_string());
        combo(ui, "Minimum TLS", 280.0, &shown, |ui| {
            ui.selectable_value(&mut form.minimum_tls, None, &as_set);
            for least in [MinimumTls::V1_2, MinimumTls::V1_3] {
                ui.selectable_value(&mut form.minimum_tls, Some(least), least.to_string());
            }
        });
        indented(ui, |ui| {
            ui.checkbox(&mut form.protect_data, "Encrypt data connections too");
        });
        let plain = "Without it everybody on the way can read file names and files.";
        hint(
            ui,
            if form.protect_data { "Files and listings, not only commands and the password." } else { plain },
            None,
        );
        let wrong = problems.certificate.is_some();
        if file(ui, "Client certificate", &mut form.certificate, width, wrong) {
            actions.push(Action::Pick(Pick::SiteCertificate));
        }
        if file(ui, "Private key", &mut form.key, width, wrong) {
            actions.push(Action::Pick(Pick::SiteKey));
        }
        let text = "PEM files, for servers that want to see one. No key file: it is in the certificate's.";
        hint(ui, text, problems.certificate);
    });
    section(ui, "Transfers");
    ui.horizontal(|ui| {
        let label = label_cell(ui, "Connection limit");
        let edit = TextEdit::singleline(&mut form.connection_limit).hint_text("none");
        text_edit(ui, edit, 72.0, problems.connection_limit.is_some()).labelled_by(label.id);
        note(ui, "At most so many at once on this server.", problems.connection_limit);
    });
    for (name, text, help, problem) in [
        ("Download limit", &mut form.limit_down, "KiB a second, or 5M: for this site alone.", problems.limit_down),
        ("Upload limit", &mut form.limit_up, "Those for all sites hold as well.", problems.limit_up),
    ] {
        ui.horizontal(|ui| {
            let label = label_cell(ui, name);
            let edit = TextEdit::singleline(text).hint_text("none");
            text_edit(ui, edit, 72.0, problem.is_some()).labelled_by(label.id);
            note(ui, help, problem);
        });
    }
    let as_set = format!("As in the settings ({})", uploads_text(settings.safe_uploads).to_lowercase());
    let shown = form.safe_uploads.map_or(as_set.as_str(), |safe| uploads_text(safe));
    combo(ui, "Uploads", 280.0, shown, |ui| {
        ui.selectable_value(&mut form.safe_uploads, None, &as_set);
        for safe in [true, false] {
            ui.selectable_value(&mut form.safe_uploads, Some(safe), uploads_text(safe));
        }
    });
    let direct = "A half file has its final name until the rest is there; for servers that let nobody rename.";
    let safe = "Nobody sees a half file under its final name.";
    hint(ui, if form.safe_uploads.unwrap_or(settings.safe_uploads) { safe } else { direct }, None);
    section(ui, "Connection");
    ui.horizontal(|ui| {
        let label = label_cell(ui, "Server clock");
        let edit = TextEdit::singleline(&mut form.clock_offset).hint_text("auto");
        text_edit(ui, edit, 72.0, problems.clock_offset.is_some()).labelled_by(label.id);
        note(ui, "Ahead of UTC, such as +02:00; empty = found out.", problems.clock_offset);
    });
    indented(ui, |ui| {
        ui.checkbox(&mut form.bypass_proxy, "Connect directly, not through the proxy").on_hover_text(
            match &settings.proxy {
                Some(proxy) => format!("The settings name {}.", proxy.host),
                None => "The settings name no proxy at the moment.".into(),
            },
        );
    });
    indented(ui, |ui| {
        ui.checkbox(&mut form.compression, "Compress text on its way, where the server can")
            .on_hover_text("MODE Z: worth it on slow lines; it costs the server processor time");
    });
}

fn uploads_text(safe: bool) -> &'static str {
    if safe { "Temporary name, then renamed" } else { "Directly under the final name" }
}

/// A path, typed; whether it is to be chosen.
fn file(ui: &mut Ui, name: &str, path: &mut String, width: f32, wrong: bool) -> bool {
    ui.horizontal(|ui| {
        let label = label_cell(ui, name);
        input(ui, path, width - 96.0, wrong).labelled_by(label.id);
        let choose = egui::Button::new("Choose…").min_size(vec2(88.0, CONTROL));
        ui.add(choose).on_hover_text(name).clicked()
    })
    .inner
}

fn indented(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.add_space(LABEL_WIDTH + 8.0);
        add(ui);
    });
}

fn server(ui: &mut Ui, form: &mut SiteForm, problems: &SiteProblems, width: f32) {
    ui.horizontal(|ui| {
        let label = label_cell(ui, words::HOST);
        let host = input(ui, &mut form.host, width - 128.0, problems.host.is_some()).labelled_by(label.id);
        if host.changed() || host.lost_focus() {
            form.take_url();
        }
        let size = vec2(40.0, CONTROL);
        let label = ui
            .allocate_ui_with_layout(size, egui::Layout::right_to_left(egui::Align::Center), |ui| ui.label(words::PORT))
            .inner;
        let edit = TextEdit::singleline(&mut form.port).hint_text(form.security.default_port().to_string());
        text_edit(ui, edit, 72.0, problems.port.is_some()).labelled_by(label.id);
    });
    let problem = problems.host.or(problems.port.map(|_| words::BAD_PORT));
    hint(ui, "A whole address such as ftp://user@host/folder may be pasted, too.", problem);
    combo(ui, "Encryption", 280.0, security_text(form.security), |ui| {
        for security in [Security::Auto, Security::Explicit, Security::Implicit, Security::Off] {
            ui.selectable_value(&mut form.security, security, security_text(security));
        }
    });
}

fn login(ui: &mut Ui, form: &mut SiteForm, problems: &SiteProblems, width: f32, is_saved: bool) {
    combo(ui, "Logon type", 280.0, logon_text(form.logon), |ui| {
        for logon in [Logon::Normal, Logon::Ask, Logon::Anonymous, Logon::Account] {
            ui.selectable_value(&mut form.logon, logon, logon_text(logon));
        }
    });
    let anonymous = form.logon == Logon::Anonymous;
    ui.add_enabled_ui(!anonymous, |ui| {
        let mut none = String::new();
        let hint = if anonymous { "anonymous" } else { "" };
        let user = if anonymous { &mut none } else { &mut form.user };
        field(ui, words::USER, |ui| {
            let edit = TextEdit::singleline(user).hint_text(hint);
            text_edit(ui, edit, width, problems.user.is_some())
        });
    });
    if let Some(problem) = problems.user {
        crate::ui::dialogs::parts::hint(ui, "", Some(problem));
    }
    let keeps = matches!(form.logon, Logon::Normal | Logon::Account);
    ui.add_enabled_ui(keeps, |ui| {
        // A copy that egui edits; it is wiped when the secret takes it over.
        let mut typed = form.password.reveal().to_owned();
        let placeholder = match form.logon {
            Logon::Anonymous => "not needed",
            Logon::Ask => "asked for on connecting",
            _ if is_saved && !form.forget_password => "unchanged",
            _ => "",
        };
        let changed = field(ui, words::PASSWORD, |ui| {
            let edit = TextEdit::singleline(&mut typed).password(true).hint_text(placeholder);
            text_edit(ui, edit, width, false)
        })
        .changed();
        if changed {
            form.forget_password = false;
        }
        form.password = Secret::new(typed);
    });
}

/// Where the password goes, and the way to be rid of it.
fn password_note(ui: &mut Ui, form: &mut SiteForm, is_saved: bool, keyring: Option<bool>) {
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 16.0;
        ui.horizontal(|ui| {
            ui.add_space(LABEL_WIDTH + 8.0);
            let text = match (form.forget_password, keyring) {
                (true, _) => "The saved password is forgotten when you save.",
                (false, Some(false)) => "This system has no keyring: kept until Twinport is closed.",
                (false, _) => "Kept in the system's keyring, never in a file.",
            };
            ui.label(theme::weak(ui, text));
            if is_saved && !form.forget_password && form.password.is_empty() {
                let forget = ui.link(RichText::new("Forget it").size(theme::SMALL));
                let forget = forget.on_hover_text("Takes the saved password out of the keyring, once you save");
                form.forget_password = forget.clicked();
            }
        });
    });
}

fn transfer(ui: &mut Ui, form: &mut SiteForm, settings: TransferMode) {
    let as_set = format!("As in the settings ({})", mode_text(settings).to_lowercase());
    let shown = form.transfer_mode.map_or(as_set.clone(), |mode| mode_text(mode).to_owned());
    combo(ui, "Transfer mode", 280.0, &shown, |ui| {
        ui.selectable_value(&mut form.transfer_mode, None, &as_set);
        for mode in [TransferMode::Auto, TransferMode::Passive, TransferMode::Active] {
            ui.selectable_value(&mut form.transfer_mode, Some(mode), mode_text(mode));
        }
    });
    let shown = charset_text(&form.charset);
    combo(ui, "Charset", 280.0, &shown, |ui| {
        ui.selectable_value(&mut form.charset, Charset::Auto, charset_text(&Charset::Auto));
        for label in CHARSETS {
            ui.selectable_value(&mut form.charset, Charset::from_label(label), label);
        }
    });
}

fn begin(ui: &mut Ui, form: &mut SiteForm, problems: &SiteProblems, width: f32, actions: &mut Actions) {
    section(ui, "Begin in");
    let wrong = problems.local_dir.is_some();
    if file(ui, "Local folder", &mut form.local_dir, width, wrong) {
        actions.push(Action::Pick(Pick::SiteLocalDir));
    }
    if let Some(problem) = problems.local_dir {
        hint(ui, "", Some(problem));
    }
    field(ui, "Remote folder", |ui| {
        let edit = TextEdit::singleline(&mut form.remote_dir).hint_text("where the server puts you");
        text_edit(ui, edit, width, false)
    });
}

fn colours(ui: &mut Ui, form: &mut SiteForm) {
    const ALL: [(SiteColour, &str); 7] = [
        (SiteColour::None, "No colour"),
        (SiteColour::Red, "Red"),
        (SiteColour::Orange, "Orange"),
        (SiteColour::Yellow, "Yellow"),
        (SiteColour::Green, "Green"),
        (SiteColour::Blue, "Blue"),
        (SiteColour::Violet, "Violet"),
    ];
    let look = theme::palette(ui);
    ui.horizontal(|ui| {
        label_cell(ui, "Colour");
        ui.spacing_mut().item_spacing.x = 0.0;
        for (colour, name) in ALL {
            let (rect, response) = ui.allocate_exact_size(vec2(CONTROL, CONTROL), Sense::click());
            let selected = form.colour == colour;
            response
                .widget_info(|| egui::WidgetInfo::selected(egui::accesskit::Role::RadioButton, true, selected, name));
            let centre = rect.center();
            match theme::mark(ui, colour) {
                Some(fill) => {
                    ui.painter().circle_filled(centre, 7.0, fill);
                }
                None => {
                    ui.painter().circle_stroke(centre, 6.5, Stroke::new(1.0, look.border));
                    ui.painter().line_segment(
                        [centre + vec2(-4.5, 4.5), centre + vec2(4.5, -4.5)],
                        Stroke::new(1.0, look.border),
                    );
                }
            }
            if selected || response.has_focus() {
                ui.painter().circle_stroke(centre, 10.5, Stroke::new(1.5, look.accent));
            }
            if response.on_hover_text(name).clicked() {
                form.colour = colour;
            }
        }
    });
}

/// Before saving was tried only what was typed can be wrong, not what was not typed yet.
fn visible_problems(form: &SiteForm, tried: bool) -> SiteProblems {
    let mut problems = form.site().err().map(|problems| *problems).unwrap_or_default();
    if !tried {
        if form.host.trim().is_empty() {
            problems.host = None;
        }
        problems.user = None;
    }
    problems
}

fn focus_name(field: &Response, state: &mut State, name: &str) {
    if std::mem::take(&mut state.focus_name) {
        focus_and_select(field, 0, name.chars().count());
    }
}

fn combo(ui: &mut Ui, label: &str, width: f32, shown: &str, add: impl FnOnce(&mut Ui)) {
    field(ui, label, |ui| {
        ComboBox::from_id_salt(label).width(width).height(480.0).selected_text(shown).show_ui(ui, add).response
    });
}

fn security_text(security: Security) -> &'static str {
    match security {
        Security::Auto => "Automatic",
        Security::Explicit => "Explicit TLS, or no connection",
        Security::Implicit => "Implicit TLS (port 990)",
        Security::Off => "None (clear text)",
    }
}

fn logon_text(logon: Logon) -> &'static str {
    match logon {
        Logon::Anonymous => "Anonymous",
        Logon::Normal => "Normal",
        Logon::Ask => "Ask for password",
        Logon::Account => "Account",
    }
}

fn mode_text(mode: TransferMode) -> &'static str {
    match mode {
        TransferMode::Auto => "Automatic",
        TransferMode::Passive => "Passive",
        TransferMode::Active => "Active",
    }
}

fn charset_text(charset: &Charset) -> String {
    match charset {
        Charset::Auto => "Automatic".into(),
        Charset::Named(encoding) => encoding.name().into(),
    }
}
