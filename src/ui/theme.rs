//! The looks: colours, sizes, fonts. The only place with a colour literal; everything drawn goes through here.
//!
//! Sizes stand on a grid of 4 points. One accent, for selection and the primary action; status colours only as small
//! marks with the words beside them in the normal colour.

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::{
    Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, RichText, Shadow, Stroke,
    Style, TextStyle, Theme, Ui, Vec2, Visuals,
};

use crate::domain::SiteColour;
use crate::store::settings;

/// Between things that belong together.
pub const GAP: f32 = 4.0;
/// Inside of bars and panes, at their sides.
pub const PAD: f32 = 8.0;
/// A row of a table.
pub const ROW: f32 = 24.0;
/// An input or a button.
pub const CONTROL: f32 = 28.0;
/// A bar: toolbar, path bar.
pub const BAR: f32 = 40.0;
/// A quiet bar: table header, status line.
pub const LINE: f32 = 24.0;
/// An icon.
pub const ICON: f32 = 16.0;
/// Corners of controls.
pub const RADIUS: u8 = 5;
/// Corners of windows and menus.
pub const WINDOW_RADIUS: u8 = 8;

/// The size of normal text.
pub const TEXT: f32 = 13.0;
/// The size of text in status lines, headers, captions.
pub const SMALL: f32 = 12.0;

/// Colours by what they are for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Palette {
    /// Behind rows and inputs' surroundings.
    pub base: Color32,
    /// Behind bars and panels: a step away from the base.
    pub panel: Color32,
    /// Menus, dialogs, notices.
    pub raised: Color32,
    /// Inside of inputs.
    pub field: Color32,
    /// One-pixel lines between surfaces.
    pub line: Color32,
    /// Borders of controls.
    pub border: Color32,
    /// A button at rest.
    pub button: Color32,
    /// What the pointer is over.
    pub hover: Color32,
    /// What is pressed or open.
    pub pressed: Color32,
    /// Normal text.
    pub text: Color32,
    /// Second-rank text: sizes, dates, captions.
    pub weak: Color32,
    /// Hints in empty inputs; nothing that must be read.
    pub faint: Color32,
    /// The primary action, focus, links.
    pub accent: Color32,
    /// The primary action under the pointer.
    pub accent_hover: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Selected rows of the pane that has the keys.
    pub selection: Color32,
    /// Text on it.
    pub on_selection: Color32,
    /// Selected rows elsewhere.
    pub selection_idle: Color32,
    /// Where something would be dropped.
    pub drop: Color32,
    /// A folder's icon.
    pub folder: Color32,
    /// All well.
    pub ok: Color32,
    /// Take care.
    pub warn: Color32,
    /// Went wrong.
    pub error: Color32,
    /// A progress bar's track.
    pub track: Color32,
    /// Behind a dialog.
    pub dim: Color32,
}

const DARK: Palette = Palette {
    base: Color32::from_rgb(0x13, 0x14, 0x16),
    panel: Color32::from_rgb(0x1b, 0x1c, 0x1f),
    raised: Color32::from_rgb(0x24, 0x26, 0x2a),
    field: Color32::from_rgb(0x10, 0x11, 0x13),
    line: Color32::from_rgb(0x2b, 0x2d, 0x32),
    border: Color32::from_rgb(0x3a, 0x3d, 0x44),
    button: Color32::from_rgb(0x2a, 0x2c, 0x31),
    hover: Color32::from_rgb(0x33, 0x36, 0x3c),
    pressed: Color32::from_rgb(0x3d, 0x41, 0x49),
    text: Color32::from_rgb(0xe6, 0xe8, 0xeb),
    weak: Color32::from_rgb(0xa3, 0xa9, 0xb2),
    faint: Color32::from_rgb(0x7c, 0x83, 0x8d),
    accent: Color32::from_rgb(0x3b, 0x82, 0xf6),
    accent_hover: Color32::from_rgb(0x5b, 0x98, 0xf8),
    on_accent: Color32::WHITE,
    selection: Color32::from_rgb(0x1d, 0x4f, 0x9c),
    on_selection: Color32::WHITE,
    selection_idle: Color32::from_rgb(0x2d, 0x33, 0x3d),
    drop: Color32::from_rgb(0x1b, 0x35, 0x5c),
    folder: Color32::from_rgb(0x6b, 0xa5, 0xf5),
    ok: Color32::from_rgb(0x4c, 0xc3, 0x8a),
    warn: Color32::from_rgb(0xf0, 0xa8, 0x3a),
    error: Color32::from_rgb(0xf4, 0x6d, 0x6d),
    track: Color32::from_rgb(0x2e, 0x31, 0x36),
    dim: Color32::from_black_alpha(120),
};

const LIGHT: Palette = Palette {
    base: Color32::from_rgb(0xff, 0xff, 0xff),
    panel: Color32::from_rgb(0xf4, 0xf5, 0xf7),
    raised: Color32::from_rgb(0xff, 0xff, 0xff),
    field: Color32::from_rgb(0xff, 0xff, 0xff),
    line: Color32::from_rgb(0xdf, 0xe1, 0xe5),
    border: Color32::from_rgb(0xc6, 0xca, 0xd0),
    button: Color32::from_rgb(0xff, 0xff, 0xff),
    hover: Color32::from_rgb(0xe7, 0xe9, 0xed),
    pressed: Color32::from_rgb(0xd9, 0xdc, 0xe2),
    text: Color32::from_rgb(0x1b, 0x1d, 0x21),
    weak: Color32::from_rgb(0x57, 0x5d, 0x66),
    faint: Color32::from_rgb(0x73, 0x79, 0x83),
    accent: Color32::from_rgb(0x1f, 0x6f, 0xeb),
    accent_hover: Color32::from_rgb(0x17, 0x5f, 0xd0),
    on_accent: Color32::WHITE,
    selection: Color32::from_rgb(0xcf, 0xe2, 0xff),
    on_selection: Color32::from_rgb(0x0f, 0x1c, 0x30),
    selection_idle: Color32::from_rgb(0xe6, 0xe8, 0xec),
    drop: Color32::from_rgb(0xe3, 0xee, 0xff),
    folder: Color32::from_rgb(0x3f, 0x82, 0xe0),
    ok: Color32::from_rgb(0x1f, 0x8a, 0x55),
    warn: Color32::from_rgb(0xb8, 0x6a, 0x00),
    error: Color32::from_rgb(0xc9, 0x2a, 0x2f),
    track: Color32::from_rgb(0xe2, 0xe5, 0xe9),
    dim: Color32::from_black_alpha(60),
};

/// The colours of the theme that is shown.
pub fn palette(ui: &Ui) -> &'static Palette {
    palette_of(ui.visuals())
}

/// The same, from the visuals.
pub fn palette_of(visuals: &Visuals) -> &'static Palette {
    if visuals.dark_mode { &DARK } else { &LIGHT }
}

/// A site's mark; `None` where it has none.
pub fn mark(ui: &Ui, colour: SiteColour) -> Option<Color32> {
    let dark = ui.visuals().dark_mode;
    let (on_dark, on_light) = match colour {
        SiteColour::None => return None,
        SiteColour::Red => (Color32::from_rgb(0xf0, 0x5d, 0x5d), Color32::from_rgb(0xd1, 0x32, 0x32)),
        SiteColour::Orange => (Color32::from_rgb(0xf0, 0x8c, 0x3a), Color32::from_rgb(0xd9, 0x6b, 0x0b)),
        SiteColour::Yellow => (Color32::from_rgb(0xe5, 0xc0, 0x3b), Color32::from_rgb(0xb8, 0x8e, 0x00)),
        SiteColour::Green => (Color32::from_rgb(0x4c, 0xc3, 0x8a), Color32::from_rgb(0x1f, 0x8a, 0x55)),
        SiteColour::Blue => (Color32::from_rgb(0x56, 0x9d, 0xf7), Color32::from_rgb(0x1f, 0x6f, 0xeb)),
        SiteColour::Violet => (Color32::from_rgb(0xa9, 0x7c, 0xf5), Color32::from_rgb(0x7c, 0x46, 0xd8)),
    };
    Some(if dark { on_dark } else { on_light })
}

/// Medium weight: titles, what is emphasised.
pub fn medium() -> FontFamily {
    FontFamily::Name("medium".into())
}

/// Icons, filled.
pub fn icons_filled() -> FontFamily {
    FontFamily::Name("icons-filled".into())
}

/// Icons, in outline. (They are in the text fonts too, as a fallback.)
pub fn icons() -> FontFamily {
    FontFamily::Name("icons".into())
}

/// A section's title: small, capital, spaced.
pub fn title(ui: &Ui, text: &str) -> RichText {
    RichText::new(text).font(FontId::new(11.0, medium())).extra_letter_spacing(0.6).color(palette(ui).weak)
}

/// Text of the second rank.
pub fn weak(ui: &Ui, text: impl Into<String>) -> RichText {
    RichText::new(text).size(SMALL).color(palette(ui).weak)
}

/// Emphasised text.
pub fn strong(text: impl Into<String>) -> RichText {
    RichText::new(text).family(medium())
}

/// Puts fonts and both themes into the context; called once.
pub fn install(ctx: &Context) {
    ctx.set_fonts(fonts());
    ctx.set_style_of(Theme::Dark, style(&DARK, Visuals::dark()));
    ctx.set_style_of(Theme::Light, style(&LIGHT, Visuals::light()));
}

/// Light, dark, or as the system.
pub fn choose(ctx: &Context, theme: settings::Theme) {
    let wanted = match theme {
        settings::Theme::System => egui::ThemePreference::System,
        settings::Theme::Light => egui::ThemePreference::Light,
        settings::Theme::Dark => egui::ThemePreference::Dark,
    };
    if ctx.options(|options| options.theme_preference) != wanted {
        ctx.set_theme(wanted);
    }
}

fn fonts() -> FontDefinitions {
    // The defaults bring a monospaced face and fallbacks for symbols.
    let mut fonts = FontDefinitions::default();
    let mut add = |name: &str, data: &'static [u8], tweak: egui::FontTweak| {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(data).tweak(tweak)));
    };
    let plain = egui::FontTweak::default();
    add("inter", include_bytes!("../../assets/fonts/Inter-Regular.otf"), plain.clone());
    add("inter-medium", include_bytes!("../../assets/fonts/Inter-Medium.otf"), plain.clone());
    add("digits", include_bytes!("../../assets/fonts/Inter-Digits-Regular.otf"), plain.clone());
    add("digits-medium", include_bytes!("../../assets/fonts/Inter-Digits-Medium.otf"), plain.clone());
    add("phosphor", include_bytes!("../../assets/fonts/Phosphor-Regular.ttf"), plain.clone());
    add("phosphor-fill", include_bytes!("../../assets/fonts/Phosphor-Fill.ttf"), plain);

    let fallback = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let family = |first: &[&str]| -> Vec<String> {
        first.iter().map(|name| (*name).to_owned()).chain(fallback.iter().cloned()).collect()
    };
    let text = family(&["digits", "inter", "phosphor"]);
    let medium_text = family(&["digits-medium", "inter-medium", "phosphor"]);
    let outline = family(&["phosphor"]);
    let filled = family(&["phosphor-fill"]);
    fonts.families.insert(FontFamily::Proportional, text);
    fonts.families.insert(medium(), medium_text);
    fonts.families.insert(icons(), outline);
    fonts.families.insert(icons_filled(), filled);
    fonts.families.entry(FontFamily::Monospace).or_default().push("phosphor".to_owned());
    fonts
}

fn style(palette: &Palette, visuals: Visuals) -> Style {
    let mut style = Style { visuals, ..Style::default() };
    let text = |size| FontId::new(size, FontFamily::Proportional);
    style.text_styles = BTreeMap::from([
        (TextStyle::Small, text(SMALL)),
        (TextStyle::Body, text(TEXT)),
        (TextStyle::Button, text(TEXT)),
        (TextStyle::Heading, FontId::new(16.0, medium())),
        (TextStyle::Monospace, FontId::new(12.0, FontFamily::Monospace)),
    ]);
    style.animation_time = 0.08;
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;

    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::new(PAD, GAP);
    spacing.button_padding = Vec2::new(10.0, 4.0);
    spacing.interact_size = Vec2::new(CONTROL, CONTROL);
    spacing.window_margin = Margin::same(16);
    spacing.menu_margin = Margin::same(4);
    spacing.icon_width = ICON;
    spacing.icon_width_inner = 8.0;
    spacing.combo_width = 120.0;
    spacing.scroll = egui::style::ScrollStyle {
        bar_width: 8.0,
        floating_width: 6.0,
        dormant_handle_opacity: 0.35,
        dormant_background_opacity: 0.0,
        active_background_opacity: 0.0,
        interact_background_opacity: 0.2,
        fade: egui::style::ScrollFadeStyle { strength: 0.0, ..Default::default() },
        ..egui::style::ScrollStyle::floating()
    };

    let v = &mut style.visuals;
    v.override_text_color = None;
    v.panel_fill = palette.panel;
    v.window_fill = palette.raised;
    v.window_stroke = Stroke::new(1.0, palette.line);
    v.window_corner_radius = CornerRadius::same(WINDOW_RADIUS);
    v.menu_corner_radius = CornerRadius::same(WINDOW_RADIUS);
    v.window_shadow = Shadow { offset: [0, 8], blur: 24, spread: 0, color: palette.dim };
    v.popup_shadow = Shadow { offset: [0, 4], blur: 12, spread: 0, color: palette.dim };
    v.extreme_bg_color = palette.field;
    v.text_edit_bg_color = Some(palette.field);
    v.code_bg_color = palette.panel;
    v.faint_bg_color = palette.panel;
    v.weak_text_color = Some(palette.faint);
    v.hyperlink_color = palette.accent;
    v.warn_fg_color = palette.warn;
    v.error_fg_color = palette.error;
    v.selection.bg_fill = palette.selection;
    v.selection.stroke = Stroke::new(1.0, palette.on_selection);
    v.text_cursor.stroke = Stroke::new(1.5, palette.accent);
    // A blinking cursor repaints for ever; an idle window draws nothing.
    v.text_cursor.blink = false;
    v.striped = false;
    v.slider_trailing_fill = true;
    v.disabled_alpha = 0.45;
    v.indent_has_left_vline = false;

    let widget = |fill: Color32, border: Color32, text: Color32| egui::style::WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, border),
        corner_radius: CornerRadius::same(RADIUS),
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    v.widgets.noninteractive = widget(palette.panel, palette.line, palette.text);
    v.widgets.inactive = widget(palette.button, palette.border, palette.text);
    v.widgets.hovered = widget(palette.hover, palette.border, palette.text);
    v.widgets.active = widget(palette.pressed, palette.accent, palette.text);
    v.widgets.open = widget(palette.pressed, palette.border, palette.text);
    style
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG's contrast ratio.
    fn contrast(a: Color32, b: Color32) -> f32 {
        let luminance = |c: Color32| {
            let c = egui::Rgba::from(c);
            0.2126 * c.r() + 0.7152 * c.g() + 0.0722 * c.b()
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_can_be_read_on_every_surface_of_both_themes() {
        for (name, p) in [("dark", DARK), ("light", LIGHT)] {
            for (what, text, surfaces) in [
                ("text", p.text, &[p.base, p.panel, p.raised, p.field, p.button, p.hover, p.drop][..]),
                ("weak", p.weak, &[p.base, p.panel, p.raised]),
                ("on_selection", p.on_selection, &[p.selection]),
                ("text", p.text, &[p.selection_idle]),
                ("on_accent", p.on_accent, &[p.accent, p.accent_hover]),
                ("error", p.error, &[p.base, p.panel, p.raised]),
            ] {
                for surface in surfaces {
                    let least = if what == "on_accent" { 2.8 } else { 4.5 };
                    let ratio = contrast(text, *surface);
                    assert!(ratio >= least, "{name}: {what} on {surface:?} has {ratio:.1}");
                }
            }
            assert!(contrast(p.faint, p.field) >= 3.0, "{name}: hints");
        }
    }
}
