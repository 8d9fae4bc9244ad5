namespace CsAligner.Data.Pictures;

/// <summary>A set of pictures that was fetched.</summary>
/// <param name="Set">The set.</param>
/// <param name="Language">The language of its captions; null where it has none.</param>
/// <param name="Languages">All its languages; empty where it has none.</param>
/// <param name="Pictures">How many pictures have a caption in that language.</param>
/// <param name="Captions">How many captions they have.</param>
/// <param name="Broken">"key: why" for each picture beside them that cannot be drawn or decoded.</param>
public sealed record FetchedPictures(PictureSet Set, string? Language, IReadOnlyList<string> Languages, int Pictures, int Captions,
    IReadOnlyList<string> Broken);
