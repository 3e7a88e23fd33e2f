package org.dure.netem;

import java.util.List;
import java.util.concurrent.Callable;
import org.dure.core.DureException;
import org.dure.core.runtime.Failures;

/// Where the lab runs a process and opens sockets: this machine, or a [Namespace] on it.
public interface Host {
  /// This machine itself.
  Host HERE =
      new Host() {
        @Override
        public List<String> command(List<String> command) {
          return command;
        }

        @Override
        public <T> T call(Callable<T> task) {
          try {
            return task.call();
          } catch (Exception e) {
            throw Failures.of(e);
          }
        }
      };

  /// A command that runs `command` there.
  List<String> command(List<String> command);

  /// Does `task` there: sockets that it opens on its own thread belong to the place.
  ///
  /// @throws DureException whatever the task threw
  <T> T call(Callable<T> task) throws InterruptedException;
}
