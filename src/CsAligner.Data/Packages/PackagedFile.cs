namespace CsAligner.Data.Packages;

/// <summary>A file inside a package.</summary>
/// <param name="Entry">The package's entry.</param>
/// <param name="Resource">Where the entry is an assembly, the embedded resource that is meant; null for the entry itself.</param>
/// <param name="Target">Its name in the folder that it becomes part of.</param>
internal sealed record PackagedFile(string Entry, string? Resource, string Target);
