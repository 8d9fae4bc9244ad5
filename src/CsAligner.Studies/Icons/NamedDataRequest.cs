namespace CsAligner.Studies.Icons;

/// <summary>How a data set that is known by name is opened.</summary>
/// <param name="Data">The whole name.</param>
/// <param name="Size">The side of the model's images in pixels.</param>
/// <param name="AllCaptions">Whether pictures come with all their captions, not only the main ones.</param>
/// <param name="ImageFolder">Where the pictures are; null: in the usual place.</param>
internal sealed record NamedDataRequest(string Data, int Size, bool AllCaptions, string? ImageFolder);
