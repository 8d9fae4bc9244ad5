namespace CsAligner.Kills;

/// <summary>A kill did harm.</summary>
internal sealed class KillException(string message) : Exception(message);
