namespace CsAligner.Server.Keys;

/// <summary>What a request may do; each includes what stands before it.</summary>
internal enum Access
{
    None,
    Read,
    Write,
}
