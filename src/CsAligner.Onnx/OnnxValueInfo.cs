using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace CsAligner.Onnx;

/// <summary>An input or output as the model declares it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The element type; null if it is not a tensor.</param>
/// <param name="Shape">Its sizes, -1 where they are open; empty for a scalar and where nothing is declared.</param>
internal sealed record OnnxValueInfo(string Name, TensorElementType? Type, int[] Shape)
{
    public bool IsInteger => Type is TensorElementType.Int32 or TensorElementType.Int64;

    public bool IsFloat =>
        Type is TensorElementType.Float or TensorElementType.Float16 or TensorElementType.BFloat16 or TensorElementType.Double;

    /// <summary>As the runtime tells it.</summary>
    public static OnnxValueInfo Of(string name, NodeMetadata metadata) =>
        metadata.IsTensor ? new(name, metadata.ElementDataType, metadata.Dimensions) : new(name, null, []);

    /// <summary>A type's name: float32, int64 and so on.</summary>
    public static string NameOf(TensorElementType type) => type switch
    {
        TensorElementType.Float => "float32",
        TensorElementType.Double => "float64",
        _ => type.ToString().ToLowerInvariant(),
    };

    /// <summary>A size, or -1 where it is open or not declared.</summary>
    public int Size(int dimension) => dimension < Shape.Length ? Shape[dimension] : -1;

    public override string ToString()
    {
        var sizes = Shape.Select(size => size < 0 ? "?" : size.ToString(CultureInfo.InvariantCulture));
        return $"{Name} {(Type is { } type ? NameOf(type) : "(no tensor)")} [{string.Join(", ", sizes)}]";
    }
}
