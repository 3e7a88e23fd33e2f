package org.dure.app.options;

import java.nio.file.Path;
import org.dure.corpus.CorpusBuilder;
import org.dure.corpus.read.Links;
import picocli.CommandLine.Option;

/// Whether text behind links is meant too.
public final class LinkOptions {
  @Option(
      names = "--follow-links",
      description = {
        "Follows the links in the folder wherever they lead (default: only",
        "to files in the folder; others are counted as not read)."
      })
  private boolean follow;

  public CorpusBuilder.Input input(Path path) {
    return new CorpusBuilder.Input(path, follow ? Links.FOLLOWED : Links.WITHIN);
  }
}
