using CsAligner.Tensors;

namespace CsAligner.Server.Pictures;

/// <summary>A picture that the process which decoded it did not survive.</summary>
internal sealed class PictureProcessException(string message) : InputException(message);
