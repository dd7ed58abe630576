# cmake -DUSHER_BUILD=... -DSOURCE=... -DWORK=... -DCXX=... -DFLAGS=... -P this
# Installs, builds the user's project against the result, and runs it.
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result
                  OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGV}\nended with ${result}:\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${USHER_BUILD} --prefix ${WORK}/prefix
    --component usher-dev)
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/build -G Ninja
    -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_CXX_COMPILER=${CXX}
    -DCMAKE_CXX_FLAGS=${FLAGS} -DGOOGLEAPIS=${SOURCE}/../../support/googleapis)
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/verify)
run(${WORK}/build/guarded)
run(${WORK}/build/rich_usher_first)
run(${WORK}/build/rich_googleapis_first)
