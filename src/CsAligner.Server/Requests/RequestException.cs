using CsAligner.Tensors;

namespace CsAligner.Server.Requests;

/// <summary>A request that cannot be answered, with the status that says why.</summary>
internal sealed class RequestException(int status, string message, Exception? inner = null) : InputException(message, inner)
{
    public int Status { get; } = status;
}
