namespace CsAligner.Data.Icons;

/// <summary>A parsed icon set: its visible icons in ordinal order of their names.</summary>
/// <param name="Prefix">The set's short name.</param>
/// <param name="Licence">The SPDX identifier that the set's own file states; null: none.</param>
/// <param name="IsPalette">Whether the set states that its icons are coloured.</param>
/// <param name="Icons">The icons.</param>
/// <param name="Broken">Icons that could not be read, as "name: why".</param>
public sealed record IconSet(string Prefix, string? Licence, bool IsPalette, IReadOnlyList<Icon> Icons, IReadOnlyList<string> Broken);
