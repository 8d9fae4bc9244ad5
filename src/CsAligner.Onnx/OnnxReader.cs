namespace CsAligner.Onnx;

/// <summary>Reads an output while the runtime still owns it.</summary>
/// <param name="values">Row-major.</param>
/// <param name="shape">The sizes that it has this time.</param>
internal delegate void OnnxReader(ReadOnlySpan<float> values, ReadOnlySpan<long> shape);
