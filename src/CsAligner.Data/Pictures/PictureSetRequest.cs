using CsAligner.Data.Icons;

namespace CsAligner.Data.Pictures;

/// <summary>How a set of pictures is opened.</summary>
/// <param name="Language">A language of the set; null where it has none.</param>
/// <param name="Size">The side in pixels of what is drawn, and not decoded.</param>
/// <param name="Folder">Where it is; null for the usual place.</param>
/// <param name="Progress">Told of what takes time; may be null.</param>
/// <param name="CancellationToken">Stops it.</param>
internal sealed record PictureSetRequest(string? Language, int Size, string? Folder = null, IProgress<IconProgress>? Progress = null,
    CancellationToken CancellationToken = default);
