namespace CsAligner.Server.Requests;

/// <summary>More is asked for at the moment than can be done.</summary>
internal sealed class BusyException(string message) : Exception(message);
