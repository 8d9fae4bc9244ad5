namespace CsAligner.Data.Icons;

/// <summary>One picture of a data set and its metadata.</summary>
/// <param name="Set">The icon set, such as <c>lucide</c>.</param>
/// <param name="Name">Its name there, such as <c>arrow-left</c>.</param>
/// <param name="Caption">The name in words.</param>
/// <param name="Alternatives">Other names of the same picture.</param>
/// <param name="Categories">Its categories in the set: weak captions.</param>
/// <param name="IsColoured">False when the picture is shades of grey on white.</param>
/// <param name="IsNewName">True when its caption is one that is kept out of training.</param>
public sealed record IconEntry(string Set, string Name, string Caption, IReadOnlyList<string> Alternatives,
    IReadOnlyList<string> Categories, bool IsColoured, bool IsNewName);
