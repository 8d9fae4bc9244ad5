using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Onnx;

/// <summary>The tensors of one run, in the types that the model's inputs want.</summary>
internal sealed class OnnxInputs : IDisposable
{
    private readonly List<string> _names = [];
    private readonly List<OrtValue> _values = [];

    public IReadOnlyCollection<string> Names => _names;

    public IReadOnlyCollection<OrtValue> Values => _values;

    /// <summary>Adds numbers for an input of float32 or float16.</summary>
    public void Add(OnnxValueInfo input, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape)
    {
        if (input.Type == TensorElementType.Float16)
            TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<Float16, Half>(Create<Float16>(input, shape)));
        else values.CopyTo(Create<float>(input, shape));
    }

    /// <summary>Adds rows of whole numbers for an input of int64 or int32.</summary>
    /// <param name="input">The input.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="length">Numbers of a row.</param>
    /// <param name="value">The number of a row and a place in it; asked in order.</param>
    public void Add(OnnxValueInfo input, int rows, int length, Func<int, int, long> value)
    {
        if (input.Type == TensorElementType.Int64)
        {
            var target = Create<long>(input, [rows, length]);
            for (int i = 0; i < target.Length; i++) target[i] = value(i / length, i % length);
        }
        else
        {
            var target = Create<int>(input, [rows, length]);
            for (int i = 0; i < target.Length; i++) target[i] = (int)value(i / length, i % length);
        }
    }

    /// <summary>Adds zeros.</summary>
    public void AddZeros(OnnxValueInfo input, params ReadOnlySpan<long> shape)
    {
        if (input.Type == TensorElementType.Float16) Create<Float16>(input, shape).Clear();
        else Create<float>(input, shape).Clear();
    }

    public void Dispose()
    {
        foreach (var value in _values) value.Dispose();
    }

    private Span<T> Create<T>(OnnxValueInfo input, ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, input.Type!.Value, shape.ToArray());
        _names.Add(input.Name);
        _values.Add(value);
        return value.GetTensorMutableDataAsSpan<T>();
    }
}
