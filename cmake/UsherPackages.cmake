# Two Debian packages from the install rules: cpack, in a build with
# USHER_PACKAGING. tools/package does it all.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME usher)
set(CPACK_PACKAGE_CONTACT "Usher maintainers <maintainers@usher.dev>")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
# CPack leaves out its own default: each package has its own first line.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_NAME} built using CMake")
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL usher usher-dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_USHER_PACKAGE_NAME usher)
set(CPACK_DEBIAN_USHER_PACKAGE_SECTION net)
set(CPACK_DEBIAN_USHER_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_USHER_PACKAGE_DEPENDS "adduser, ca-certificates")
set(CPACK_COMPONENT_USHER_DESCRIPTION
"token verification for fleets of gRPC services
usherd answers one question over gRPC, for services in any language: is
this OpenID Connect or OAuth 2.0 bearer token valid, and who is the
caller? It keeps the keys of many issuers fresh and survives their outages.

This package holds the service, its systemd unit, and the command line
usher, which inspects tokens and checks configurations.")
set(USHER_SCRIPTS ${PROJECT_SOURCE_DIR}/server/install)
set(CPACK_DEBIAN_USHER_PACKAGE_CONTROL_EXTRA
    ${USHER_SCRIPTS}/postinst ${USHER_SCRIPTS}/prerm ${USHER_SCRIPTS}/postrm
    ${USHER_SCRIPTS}/conffiles)

set(CPACK_DEBIAN_USHER-DEV_PACKAGE_NAME libusher-dev)
set(CPACK_DEBIAN_USHER-DEV_PACKAGE_SECTION libdevel)
# What the components link, from the targets themselves.
get_property(DEBIAN GLOBAL PROPERTY USHER_DEBIAN_PACKAGES)
list(REMOVE_DUPLICATES DEBIAN)
list(SORT DEBIAN)
list(JOIN DEBIAN ", " CPACK_DEBIAN_USHER-DEV_PACKAGE_DEPENDS)
set(CPACK_COMPONENT_USHER-DEV_DESCRIPTION
"token verification for gRPC services: C++ client and guard
The client asks usherd about tokens; the guard puts verification in front of
every handler of a gRPC server. Static libraries, headers, and the files that
CMake's find_package(usher) and pkg-config read.")

add_subdirectory(server/install)
include(CPack)
