namespace CsAligner.Studies.Sessions;

/// <summary>Options that do not go together: exit code 2. One line that says which and what to give instead.</summary>
internal sealed class UsageException(string message) : Exception(message);
