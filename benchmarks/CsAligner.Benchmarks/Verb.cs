namespace CsAligner.Benchmarks;

/// <summary>One benchmark on the command line; without a help line it is not listed.</summary>
internal sealed record Verb(string Name, string? Help, Func<string[], int> Run);
