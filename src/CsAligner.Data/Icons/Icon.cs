namespace CsAligner.Data.Icons;

/// <summary>One picture of a set, with its names in words.</summary>
/// <param name="Name">Its name in the set, such as <c>arrow-left</c>.</param>
/// <param name="Caption">The name in words, without words of style: <c>arrow left</c>.</param>
/// <param name="Alternatives">Other names of the same picture in words; never the caption itself.</param>
/// <param name="Categories">Its categories in the set, as words: weak captions.</param>
/// <param name="Shape">The shape to render.</param>
public sealed record Icon(string Name, string Caption, IReadOnlyList<string> Alternatives, IReadOnlyList<string> Categories,
    IconShape Shape);
