/// Where a hub, a region and their keys live on disk, and how a region is enrolled.
@NullMarked
package org.dure.app.home;

import org.jspecify.annotations.NullMarked;
