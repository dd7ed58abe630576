# Writes OUTPUT, which defines status_page::Files() (files.h) with the content of
# FILES. Bytes instead of string literals: no character needs a thought.
set(TYPE_html "text/html")
set(TYPE_css "text/css")
set(TYPE_js "text/javascript")
set(TYPE_svg "image/svg+xml")

set(arrays "")
set(rows "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  get_filename_component(extension ${file} LAST_EXT)
  string(MAKE_C_IDENTIFIER ${name} symbol)
  string(REPLACE "." "" extension ${extension})
  set(path "/${name}")
  if(name STREQUAL "page.html")
    set(path "/")
  endif()
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
  string(APPEND arrays "constexpr char ${symbol}[] = {${bytes}};\n")
  string(APPEND rows "    {\"${path}\", \"${TYPE_${extension}}; charset=utf-8\",\n"
                     "     std::string_view(${symbol}, sizeof(${symbol}))},\n")
endforeach()

file(WRITE ${OUTPUT} "#include <array>

#include \"server/monitor/status_page/files.h\"

namespace usher::status_page {
namespace {

${arrays}
constexpr auto kFiles = std::to_array<File>({
${rows}});

}  // namespace

std::span<const File> Files() { return kFiles; }

}  // namespace usher::status_page
")
