namespace CsAligner.Onnx.Interop;

/// <summary>A tensor for one run. The runtime reads the caller's memory, which must not move until the run ends.</summary>
internal readonly unsafe struct OnnxInput(string name, OnnxElementType type, long[] shape, void* data)
{
    public string Name { get; } = name;

    public OnnxElementType Type { get; } = type;

    public long[] Shape { get; } = shape;

    public void* Data { get; } = data;

    public nuint Bytes
    {
        get
        {
            long bytes = Type switch
            {
                OnnxElementType.Float32 or OnnxElementType.Int32 => 4,
                OnnxElementType.Int64 or OnnxElementType.Float64 => 8,
                OnnxElementType.Float16 or OnnxElementType.BFloat16 => 2,
                _ => 1,
            };
            foreach (long size in Shape) bytes = checked(bytes * size);
            return (nuint)bytes;
        }
    }
}
