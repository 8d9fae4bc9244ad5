namespace CsAligner.Onnx.Interop;

/// <summary>What a tensor holds, by the numbers of ONNXTensorElementDataType. Others than these are not computed with.</summary>
internal enum OnnxElementType
{
    None = 0,
    Float32 = 1,
    UInt8 = 2,
    Int32 = 6,
    Int64 = 7,
    Bool = 9,
    Float16 = 10,
    Float64 = 11,
    BFloat16 = 16,
}
