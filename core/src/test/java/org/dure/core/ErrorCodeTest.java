package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ErrorCodeTest {
  private static final Path PAGE = Path.of("../docs/errors.md");

  /// `-Ddure.update=true` writes the page instead of comparing it.
  @Test
  void theDocumentationListsEveryError() throws IOException {
    StringBuilder page =
        new StringBuilder(
            """
            # Errors

            Every error has a number. Its type decides the exit status of `dure` and the HTTP status of an answer.
            This page is made from `ErrorCode` by `ErrorCodeTest`.

            | number | name | type | exit | HTTP | what to do |
            |---|---|---|---|---|---|
            """);
    for (ErrorCode code : ErrorCode.values()) {
      page.append(
          "| %d | %s | %s | %d | %d | %s |\n"
              .formatted(
                  code.number(),
                  code.name(),
                  code.type(),
                  code.type().exitStatus(),
                  code.type().httpStatus(),
                  code.advice()));
    }
    if (Boolean.getBoolean("dure.update")) {
      Files.writeString(PAGE, page);
    }
    assertThat(PAGE)
        .as("-Ddure.update=true writes the page instead of comparing it")
        .hasContent(page.toString());
  }

  @Test
  void numbersAreUniqueAndOfTheirType() {
    assertThat(Arrays.stream(ErrorCode.values()).map(ErrorCode::number)).doesNotHaveDuplicates();
    for (ErrorCode code : ErrorCode.values()) {
      assertThat(code.number() / 1000).isEqualTo(code.type().exitStatus());
    }
  }

  @Test
  void failedFileAccessIsToldApart() {
    Path path = Path.of("file");
    assertThat(DureException.io("read", path, new NoSuchFileException("file")).code())
        .isEqualTo(ErrorCode.INPUT_MISSING);
    assertThat(DureException.io("read", path, new AccessDeniedException("file")).code())
        .isEqualTo(ErrorCode.INPUT_UNREADABLE);
    assertThat(
            DureException.io(
                    "write", path, new FileSystemException("file", null, "No space left on device"))
                .code())
        .isEqualTo(ErrorCode.DISK_FULL);
    assertThat(DureException.io("write", path, new IOException("No space left on device")).code())
        .isEqualTo(ErrorCode.DISK_FULL);
  }
}
