# Two Debian packages from the install rules: cpack, in a build with
# USHER_PACKAGING. tools/package does it all.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME usher)
set(CPACK_PACKAGE_CONTACT "Usher maintainers <maintainers@usher.dev>")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
# CPack's own default, which it leaves out: each package has a first line of
# its own.
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
usherd answers one question over gRPC, for services in any language: may
this OpenID Connect or OAuth 2.0 bearer token be believed, and who is
calling? It keeps the keys of many issuers fresh and survives their outages.

This package holds the service, its systemd unit, and the command line
usher, which looks into tokens and configurations.")
set(USHER_SCRIPTS ${PROJECT_SOURCE_DIR}/server/install)
set(CPACK_DEBIAN_USHER_PACKAGE_CONTROL_EXTRA
    ${USHER_SCRIPTS}/postinst ${USHER_SCRIPTS}/prerm ${USHER_SCRIPTS}/postrm
    ${USHER_SCRIPTS}/conffiles)

set(CPACK_DEBIAN_USHER-DEV_PACKAGE_NAME libusher-dev)
set(CPACK_DEBIAN_USHER-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_USHER-DEV_PACKAGE_DEPENDS
    "libabsl-dev, libgrpc++-dev, libgrpc-dev, libprotobuf-dev, libsimdjson-dev, libssl-dev, libyaml-cpp-dev, prometheus-cpp-dev, protobuf-compiler-grpc")
set(CPACK_COMPONENT_USHER-DEV_DESCRIPTION
"token verification for gRPC services: C++ client and guard
The client asks usherd about tokens; the guard puts verification in front of
every handler of a gRPC server. Static libraries, headers, and what CMake's
find_package(usher) needs.")

add_subdirectory(server/install)
include(CPack)
