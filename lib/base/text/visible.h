// Text of others, made safe to show: on a terminal, in a log, in JSON.
//
// Everything that comes from a token, a peer, a server or a file passes through
// one of these functions before anyone reads it. Such text could otherwise move
// a cursor, change colours, write the clipboard, hide or reorder what is said.
#pragma once

#include <string>
#include <string_view>

namespace usher::base {

// Whether a terminal shows nothing for it or acts on it: control characters
// (C0, DEL, C1), direction marks and overrides, zero-width and other invisible
// characters, line and paragraph separators, the byte order mark.
bool IsInvisible(char32_t code);

// For people: an invisible character as \u{1b}, a byte that is not UTF-8 as
// \x{ff}. All others stay.
std::string Visible(std::string_view text);

// The same JSON, with invisible characters in its strings as \u0085, in UTF-16
// as JSON wants it, and bytes that are not UTF-8 as U+FFFD. White space between
// its parts stays.
std::string VisibleJson(std::string_view json);

// Appends \u0085, or two such for a character above U+FFFF.
void AppendJsonEscape(std::string& out, char32_t code);

}  // namespace usher::base
