namespace CsAligner.Reports.Content;

/// <summary>An icon that was found: its name, its picture as a PNG file, and whether it is the one asked for.</summary>
internal sealed record FoundIcon(string Name, byte[] Png, bool IsRight);
