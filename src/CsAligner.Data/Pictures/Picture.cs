namespace CsAligner.Data.Pictures;

/// <summary>A picture of a set and what it is called.</summary>
/// <param name="Key">Its name in the set, the same in every language.</param>
/// <param name="Family">The same for pictures that must not be in two parts.</param>
/// <param name="Captions">The main one first; at least one.</param>
internal sealed record Picture(string Key, string Family, IReadOnlyList<string> Captions);
