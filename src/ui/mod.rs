//! Floor 5: the window. [`Desktop`] draws the [`Model`] and collects [`Action`]s; it never waits and never decides.
//!
//! `logic` changes (events in, actions carried out, effects sent on), `ui` only draws.

mod accessibility;
mod arranger;
mod data_path;
mod dialogs;
mod errand;
mod file_picker;
mod files;
mod format;
pub mod icons;
mod keys;
mod log_panel;
mod menu;
mod notices;
mod queue_panel;
mod quick_connect;
mod speed;
mod status_bar;
pub mod theme;
mod toolbar;
pub mod words;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::Receiver;
use eframe::egui;
use egui::{CentralPanel, Context, Frame, Panel, Ui, Vec2, ViewportCommand};

use crate::app::action::Memory;
use crate::app::{Action, Actions, Effect, Model, Saved, Severity, Side};
use crate::domain::{Secret, Site, Timestamp};
use crate::engine::message::{Command, Event, Explanation};
use crate::store::settings::{Settings, WindowState};
use crate::store::sitebook::SiteBook;

use crate::ui::files::pane::PaneView;
use arranger::Arranger;
use dialogs::Dialogs;
use file_picker::FilePicker;
use log_panel::LogPanel;
use queue_panel::QueuePanel;
use quick_connect::QuickConnect;
use speed::SpeedMenu;

/// Events taken in before a frame is drawn, at most: the rest waits for the next one, so that drawing goes on.
const EVENTS_A_FRAME: usize = 2000;
/// And so much time for them.
const TIME_A_FRAME: Duration = Duration::from_millis(3);
/// Smaller than this the panes make no sense.
const LEAST_SIZE: Vec2 = Vec2::new(720.0, 480.0);
/// Points that a window manager's bars take of a screen, about: a title bar, and a panel.
const BARS: Vec2 = Vec2::new(8.0, 64.0);

/// What the window is made of. `commands` and `save` must not block.
pub struct Parts {
    /// Tells the engine. The closure may own the engine: it is dropped with the window.
    pub commands: Box<dyn Fn(Command)>,
    /// What the engine tells. Whoever sends must also wake the window.
    pub events: Receiver<Event>,
    /// Writes a file, on a thread of its own.
    pub save: Box<dyn Fn(Saved)>,
    /// As loaded.
    pub settings: Settings,
    /// As loaded.
    pub sites: SiteBook,
    /// The user's home folder.
    pub home: PathBuf,
    /// What the user should know from the start: a file that could not be read.
    pub notices: Vec<Explanation>,
    /// The site to connect to at once.
    pub start: Option<(Arc<Site>, Option<Secret>)>,
}

/// Wakes the window: something was sent to it.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// The window.
pub struct Desktop {
    model: Model,
    commands: Box<dyn Fn(Command)>,
    events: Receiver<Event>,
    save: Box<dyn Fn(Saved)>,
    /// Asked for while drawing, carried out before the next frame.
    actions: Actions,
    view: View,
}

/// What the window knows beside the model: half-typed texts, scroll positions.
#[derive(Default)]
struct View {
    quick_connect: QuickConnect,
    local: PaneView,
    remote: PaneView,
    queue: QueuePanel,
    log: LogPanel,
    speed: SpeedMenu,
    dialogs: Dialogs,
    picker: FilePicker,
    /// Rows of huge folders being made: of the local pane, of the remote one.
    arrangers: [Arranger; 2],
    title: String,
    /// Whether the window was compared with the screen.
    fitted: bool,
    /// Whether a dialog was open in the last frame.
    modal: bool,
    saved: Option<Settings>,
}

/// Opens the window and returns when it is closed. `parts` is called once the window's waker is known.
///
/// # Errors
/// Where the system gives no window (no display, no OpenGL), in words.
pub fn run(window: &WindowState, parts: impl FnOnce(Waker) -> Parts) -> Result<(), String> {
    let viewport = egui::ViewportBuilder::default()
        .with_app_id("twinport")
        .with_title(words::APP)
        .with_inner_size(Vec2::from(window.size).max(LEAST_SIZE))
        .with_min_inner_size(LEAST_SIZE);
    let options =
        eframe::NativeOptions { viewport, renderer: eframe::Renderer::Glow, ..eframe::NativeOptions::default() };
    eframe::run_native(
        words::APP,
        options,
        Box::new(|creation| {
            let ctx = creation.egui_ctx.clone();
            let waker: Waker = Arc::new(move || ctx.request_repaint());
            Ok(Box::new(Desktop::new(&creation.egui_ctx, parts(waker))))
        }),
    )
    .map_err(|error| error.to_string())
}

impl Desktop {
    /// Installs fonts and themes, reads the local folder, connects where a site was given.
    pub fn new(ctx: &Context, parts: Parts) -> Self {
        theme::install(ctx);
        theme::choose(ctx, parts.settings.theme);
        ctx.add_plugin(dialogs::Veil::default());
        let saved = Some(parts.settings.clone());
        let mut desktop = Self {
            model: Model::new(parts.settings, parts.sites, parts.home),
            commands: parts.commands,
            events: parts.events,
            save: parts.save,
            actions: Actions::new(),
            view: View { saved, ..View::default() },
        };
        let effects = desktop.model.start();
        desktop.carry_out(effects, ctx);
        for text in parts.notices {
            desktop.model.notify(Severity::Error, text);
        }
        if let Some((site, secret)) = parts.start {
            desktop.actions.push(Action::Connect { site, secret });
        }
        desktop
    }

    /// What is shown; for tests.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Asks for something from outside the window, as a menu would.
    pub fn ask(&mut self, action: Action) {
        self.actions.push(action);
    }

    fn carry_out(&mut self, effects: Vec<Effect>, ctx: &Context) {
        for effect in effects {
            match effect {
                Effect::Engine(command) => (self.commands)(command),
                Effect::Save(saved) => {
                    if let Saved::Settings(settings) = &saved {
                        self.view.saved = Some((**settings).clone());
                    }
                    (self.save)(saved);
                }
                Effect::Focus(field) => ctx.memory_mut(|memory| memory.request_focus(keys::id(field))),
                Effect::Pick(pick) => self.view.picker.open(pick, ctx),
                Effect::CopyText(text) => ctx.copy_text(text),
                Effect::Arrange(work) => self.view.arrangers[work.side as usize].give(work, ctx),
                Effect::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
            }
        }
    }

    /// Takes in what the engine told, but not for ever.
    fn drain(&mut self, ctx: &Context) {
        let started = Instant::now();
        for _ in 0..EVENTS_A_FRAME {
            let Ok(event) = self.events.try_recv() else { return };
            // The sums of these come next, where they are the last; nobody should see the ones without the others.
            let goes_on = matches!(event, Event::Jobs(_));
            let effects = self.model.apply(event);
            self.carry_out(effects, ctx);
            let most = if goes_on { 2 * TIME_A_FRAME } else { TIME_A_FRAME };
            if started.elapsed() > most {
                break;
            }
        }
        if !self.events.is_empty() {
            ctx.request_repaint();
        }
    }

    fn remember_window(&mut self, ctx: &Context) {
        let (size, free) = ctx.input(|input| {
            let viewport = input.viewport();
            let free = viewport.maximized != Some(true) && viewport.fullscreen != Some(true);
            (viewport.inner_rect.map(|rect| rect.size()), free)
        });
        if let Some(size) = size.filter(|size| free && size.x > 1.0) {
            self.model.settings.window.size = size.into();
        }
    }

    /// At the first start, or on a smaller screen than last time, the window is made to fit: once.
    fn fit_screen(&mut self, ctx: &Context) {
        if self.view.fitted {
            return;
        }
        let (screen, inner, free) = ctx.input(|input| {
            let viewport = input.viewport();
            let free = viewport.maximized != Some(true) && viewport.fullscreen != Some(true);
            (viewport.monitor_size, viewport.inner_rect, free)
        });
        let (Some(screen), Some(inner)) = (screen, inner) else { return };
        self.view.fitted = true;
        let most = (screen - BARS).max(Vec2::splat(1.0));
        if free && screen.x > 1.0 && (inner.width() > most.x || inner.height() > most.y) {
            ctx.send_viewport_cmd(ViewportCommand::MinInnerSize(LEAST_SIZE.min(most)));
            ctx.send_viewport_cmd(ViewportCommand::InnerSize(inner.size().min(most)));
        }
    }
}

impl eframe::App for Desktop {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.model.now = ctx.input(|input| input.time);
        self.model.today = Timestamp::from_system(SystemTime::now()).seconds;
        self.drain(ctx);
        if let Some(answer) = self.view.picker.poll() {
            self.actions.push(answer);
        }
        self.actions.extend(self.view.arrangers.iter_mut().filter_map(|arranger| arranger.poll(ctx)));
        for action in std::mem::take(&mut self.actions) {
            self.view.dialogs.notice(&action, &self.model, &mut self.actions);
            let effects = self.model.perform(action);
            self.carry_out(effects, ctx);
        }
        let (effects, wake) = self.model.settle();
        self.carry_out(effects, ctx);
        if let Some(wake) = wake {
            ctx.request_repaint_after(wake);
        }
        theme::choose(ctx, self.model.settings.theme);
        let modal = self.model.dialog.is_some() || !self.model.questions.is_empty();
        if modal != self.view.modal {
            // egui knows one frame late that a modal is gone; till then what lies behind it has no names.
            ctx.request_repaint();
            self.view.modal = modal;
        }
        let title = self.model.title();
        if title != self.view.title {
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.view.title = title;
        }
        self.remember_window(ctx);
        self.fit_screen(ctx);
        if ctx.input(|input| input.viewport().close_requested()) && self.view.dialogs.asks_before_closing() {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
        }
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let (model, view, actions) = (&self.model, &mut self.view, &mut self.actions);
        keys::collect(ui, model, actions);
        let palette = theme::palette(ui);
        let bar = Frame::new().fill(palette.panel).inner_margin(egui::Margin::symmetric(8, 0));

        Panel::top("toolbar").exact_size(theme::BAR).frame(bar).show_separator_line(false).show(ui, |ui| {
            toolbar::show(ui, model, actions);
        });
        Panel::top("quick connect").exact_size(theme::BAR).frame(bar).show(ui, |ui| {
            view.quick_connect.show(ui, model, actions);
        });
        Panel::bottom("status").exact_size(theme::LINE).frame(bar).show(ui, |ui| {
            status_bar::show(ui, model, &mut view.speed, actions);
        });
        // Two ids each: the height that the user gave an open panel survives while it is shut.
        let log = if model.settings.window.log_open {
            Panel::bottom("open log")
                .resizable(true)
                .default_size(160.0)
                .size_range(80.0..=(ui.available_height() * 0.4).max(96.0))
        } else {
            Panel::bottom("log line").resizable(false).exact_size(theme::LINE + theme::GAP)
        };
        log.frame(bar).show(ui, |ui| view.log.show(ui, model, actions));
        let base = Frame::new().fill(palette.base);
        if model.settings.window.queue_open {
            // The panes have most of the window, however small it is.
            let most = (ui.available_height() * 0.5).max(120.0);
            let height = model.settings.window.queue_height;
            let queue = Panel::bottom("queue").resizable(true).default_size(height).size_range(96.0..=most);
            let queue = queue.frame(base).show(ui, |ui| view.queue.show(ui, model, actions));
            let now = queue.response.rect.height();
            if (now - height).abs() > 0.5 {
                actions.push(Action::Remember(Memory::QueueHeight(now)));
            }
        } else {
            let queue = Panel::bottom("queue shut").resizable(false).exact_size(queue_panel::HEADER);
            queue.frame(base).show(ui, |ui| view.queue.show(ui, model, actions));
        }
        CentralPanel::default().frame(Frame::new().fill(palette.base)).show(ui, |ui| {
            let (left, right) = files::pane::split(ui, model, actions);
            view.local.show(ui, left, Side::Local, model, actions);
            view.remote.show(ui, right, Side::Remote, model, actions);
        });
        if model.dialog.is_none() {
            // They wait while a dialog is open: nothing may cover its buttons.
            notices::show(ui, model, actions);
        }
        view.dialogs.show(ui, model, actions);
        files::pane::drag_preview(ui);
        if !actions.is_empty() {
            // They are carried out before the next frame.
            ui.ctx().request_repaint();
        }
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        if self.view.saved.as_ref() != Some(&self.model.settings) {
            (self.save)(Saved::Settings(Box::new(self.model.settings.clone())));
        }
    }
}
