namespace CsAligner.Data.Icons;

/// <summary>The result of fetching one icon set.</summary>
/// <param name="Source">The set, its pinned package and its licence.</param>
/// <param name="Count">How many icons were drawn.</param>
/// <param name="Coloured">How many of them are not shades of grey.</param>
/// <param name="Broken">"name: why" for each icon that could not be read or drawn.</param>
public sealed record FetchedIconSet(IconSource Source, int Count, int Coloured, IReadOnlyList<string> Broken);
