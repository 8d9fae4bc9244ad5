namespace CsAligner.Reports.Content;

/// <summary>A hit in one index of pictures and words.</summary>
/// <param name="Name">The words, or what the picture is called.</param>
/// <param name="Png">The picture as a PNG file; null where the hit is words.</param>
/// <param name="IsRight">Whether it is the query's partner.</param>
internal sealed record IndexHit(string Name, byte[]? Png, bool IsRight);
