namespace CsAligner.Onnx.Interop;

/// <summary>An input or output as the model declares it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">What it holds; <see cref="OnnxElementType.None"/> where it is no tensor.</param>
/// <param name="Shape">Its sizes, -1 where they are open; empty for a scalar and where nothing is declared.</param>
internal sealed record OnnxValueInfo(string Name, OnnxElementType Type, long[] Shape)
{
    public bool IsInteger => Type is OnnxElementType.Int32 or OnnxElementType.Int64;

    public bool IsFloat => Type is OnnxElementType.Float32 or OnnxElementType.Float16 or OnnxElementType.BFloat16 or OnnxElementType.Float64;

    /// <summary>A size, or -1 where it is open or not declared.</summary>
    public long Size(int dimension) => dimension < Shape.Length ? Shape[dimension] : -1;

    public override string ToString() => $"{Name} {(Type == OnnxElementType.None ? "(no tensor)" : Type.ToString().ToLowerInvariant())} [{string.Join(", ", Shape.Select(size => size < 0 ? "?" : size.ToString(System.Globalization.CultureInfo.InvariantCulture)))}]";
}
