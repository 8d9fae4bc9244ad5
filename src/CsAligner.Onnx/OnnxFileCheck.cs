using System.Globalization;
using CsAligner.Tensors;

namespace CsAligner.Onnx;

/// <summary>
/// Checks a model's file before ONNX Runtime sees it, which trusts the file too much: numbers that end the process,
/// weights that lie outside the model's folder, and weights that are no numbers. It is no proof that a graph is harmless.
/// </summary>
internal sealed class OnnxFileCheck
{
    private const int Deepest = 32, LargestRank = 64;
    private const long MostSamples = 1 << 24;

    // Attributes that count or name dimensions, and what they can mean. Outside of it, versions of the runtime read beyond their
    // arrays or divide by zero. Other integers may be anything: the ends of slices are.
    private static readonly Dictionary<string, (long Least, long Most)> Ranges = new(StringComparer.Ordinal)
    {
        ["axis"] = (-LargestRank, LargestRank),
        ["axes"] = (-LargestRank, LargestRank),
        ["perm"] = (-LargestRank, LargestRank),
        ["batch_dims"] = (0, LargestRank),
        ["batch_axis"] = (0, LargestRank),
        ["time_axis"] = (0, LargestRank),
        ["scan_input_axes"] = (-LargestRank, LargestRank),
        ["scan_output_axes"] = (-LargestRank, LargestRank),
        ["group"] = (1, MostSamples),
        ["kernel_shape"] = (1, MostSamples),
        ["strides"] = (1, MostSamples),
        ["dilations"] = (1, MostSamples),
        ["blocksize"] = (1, MostSamples),
    };

    // An input or output: its type, of a tensor, its shape, a dimension; and in that the size.
    private static readonly int[] FieldsToSize = [2, 1, 2, 1];

    private readonly ProtobufReader _reader;
    private readonly string _path;

    // The model's own functions and all nodes' operators, with the most inputs and outputs; and which operators a function's nodes have.
    private readonly Dictionary<string, (int Inputs, int Outputs)> _functions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Inputs, int Outputs)> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _within = new(StringComparer.Ordinal);
    private HashSet<string>? _current;

    private OnnxFileCheck(ProtobufReader reader, string path) => (_reader, _path) = (reader, path);

    /// <summary>Looks through a model.</summary>
    /// <exception cref="InputException">It is not a model, or must not be run.</exception>
    public static void Run(string path)
    {
        try
        {
            using var reader = new ProtobufReader(File.OpenRead(path));
            new OnnxFileCheck(reader, path).Model(reader.Length);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read '{path}': {failure.Message}", failure);
        }
    }

    private void Model(long end)
    {
        Fields(end, 0, (number, to, depth) =>
        {
            if (number == 7) Graph(to, depth);
            else if (number == 25) Function(to, depth);
        });

        // The runtime looks up what a function does not have, and puts a function into itself without end.
        foreach (var (name, function) in _functions)
        {
            if (_nodes.TryGetValue(name, out var node) && (node.Inputs > function.Inputs || node.Outputs > function.Outputs))
                throw new InputException($"{_path}: a node gives the model's function {name} {node.Inputs} inputs "
                    + $"and {node.Outputs} outputs, but it has {function.Inputs} and {function.Outputs}; download or export the model "
                    + "again");
            if (Reaches(name, name, []))
                throw new InputException($"{_path}: the model's function {name} calls itself; download or export the model again");
        }
    }

    private bool Reaches(string from, string to, HashSet<string> seen) =>
        _within.TryGetValue(from, out var calls) && calls.Any(call => call == to || (seen.Add(call) && Reaches(call, to, seen)));

    private void Function(long end, int depth)
    {
        string name = "", domain = "";
        int inputs = 0, outputs = 0;
        _current = new HashSet<string>(StringComparer.Ordinal);
        Fields(end, depth, (number, to, below) =>
        {
            if (number == 1) name = _reader.ReadText(to - _reader.Position);
            else if (number == 4) inputs++;
            else if (number == 5) outputs++;
            else if (number == 7) Node(to, below);
            else if (number == 10) domain = _reader.ReadText(to - _reader.Position);
            else if (number == 11) Attribute(to, below);
        });
        _functions[$"{domain}.{name}"] = (inputs, outputs);
        _within[$"{domain}.{name}"] = _current;
        _current = null;
    }

    private void Graph(long end, int depth) => Fields(end, depth, (number, to, below) =>
    {
        if (number == 1) Node(to, below);
        else if (number == 5) Weights(to, below);
        else if (number is 11 or 12) Declared(to, below, 0);
        else if (number == 15) Sparse(to, below);
    });

    private void Node(long end, int depth)
    {
        string type = "", domain = "";
        int inputs = 0, outputs = 0;
        Fields(end, depth, (number, to, below) =>
        {
            if (number == 1) inputs++;
            else if (number == 2) outputs++;
            else if (number == 4) type = _reader.ReadText(to - _reader.Position);
            else if (number == 5) Attribute(to, below);
            else if (number == 7) domain = _reader.ReadText(to - _reader.Position);
        });
        string name = $"{domain}.{type}";
        var before = _nodes.GetValueOrDefault(name);
        _nodes[name] = (Math.Max(before.Inputs, inputs), Math.Max(before.Outputs, outputs));
        _current?.Add(name);
    }

    private void Attribute(long end, int depth)
    {
        string name = "";
        long least = long.MaxValue, most = long.MinValue;
        Fields(
            end,
            depth,
            (number, to, below) =>
            {
                if (number == 1) name = _reader.ReadText(to - _reader.Position);
                else if (number is 5 or 10) Tensor(to, below);
                else if (number is 6 or 11) Graph(to, below);
                else if (number is 22 or 23) Sparse(to, below);
                else if (number == 8) Packed(to, Number);
            },
            (number, value) =>
            {
                if (number is 3 or 8) Number(value);
            });
        if (Ranges.TryGetValue(name, out var range) && least <= most && (least < range.Least || most > range.Most))
            throw new InputException(
                string.Create(CultureInfo.InvariantCulture,
                    $"{_path}: a node's attribute {name} is {(least < range.Least ? least : most)}, "
                        + $"expected {range.Least} to {range.Most}; download or export the model again"));

        void Number(long value) => (least, most) = (Math.Min(least, value), Math.Max(most, value));
    }

    // The runtime gives sizes as 32 bits and cuts larger ones without a word.
    private void Declared(long end, int depth, int step) => Fields(
        end,
        depth,
        (number, to, below) =>
        {
            if (step < FieldsToSize.Length && number == FieldsToSize[step]) Declared(to, below, step + 1);
        },
        (number, value) =>
        {
            if (step == FieldsToSize.Length && number == 1 && value != (int)value)
                throw new InputException(string.Create(CultureInfo.InvariantCulture,
                    $"{_path}: an input or output has a dimension of {value}, more than any encoder has; "
                        + $"download or export the model again"));
        });

    private void Weights(long end, int depth)
    {
        var weights = new OnnxWeights(_path);
        Tensor(end, depth, weights);
        weights.Check(_reader.Handle);
    }

    private void Sparse(long end, int depth) =>
        Fields(end, depth, (number, to, below) => Only(number is 1 or 2, (tensor, within) => Tensor(tensor, within), to, below));

    private void Tensor(long end, int depth, OnnxWeights? weights = null)
    {
        Fields(
            end,
            depth,
            (number, to, below) =>
            {
                if (number == 13) External(to, below, weights);
                else if (number == 1) Packed(to, Size);
                else if (number == 8 && weights is not null) weights.Name = _reader.ReadText(to - _reader.Position);
                else weights?.Within(number, _reader.Position, to);
            },
            (number, value) =>
            {
                if (number == 1) Size(value);
                else if (number == 2 && weights is not null) weights.Type = value;
            });

        void Size(long size)
        {
            if (size < 0)
                throw new InputException(
                    string.Create(CultureInfo.InvariantCulture,
                        $"{_path}: a tensor of weights has a dimension of {size}; download or export the model again"));
        }
    }

    // Weights in a separate file beside the model.
    private void External(long end, int depth, OnnxWeights? weights)
    {
        string key = "", value = "";
        Fields(end, depth, (number, to, _) =>
        {
            if (number == 1) key = _reader.ReadText(to - _reader.Position);
            else if (number == 2) value = _reader.ReadText(to - _reader.Position);
        });
        if (key == "location"
            && (Path.IsPathRooted(value) || value.Contains('\0', StringComparison.Ordinal) || value.Split('/', '\\').Contains("..")))
            throw new InputException(
                $"{_path}: cannot read this model: it names the weights file '{value}'; only files in the model's own folder are read");
        weights?.Outside(key, value);
    }

    // Numbers in one piece.
    private void Packed(long end, Action<long> read)
    {
        while (_reader.Position < end) read((long)_reader.ReadVarint());
    }

    private static void Only(bool isMeant, Action<long, int> read, long end, int depth)
    {
        if (isMeant) read(end, depth);
    }

    /// <summary>Hands over the fields of a message: those of bytes with their end, others with their value.</summary>
    private void Fields(long end, int depth, Action<int, long, int> content, Action<int, long>? number = null)
    {
        if (depth > Deepest) throw new InputException($"{_path}: graphs are nested more than {Deepest} deep; expected an encoder");
        while (_reader.TryField(end, out int field, out int kind, out long length))
        {
            if (kind == ProtobufReader.Varint)
            {
                long value = (long)_reader.ReadVarint();
                number?.Invoke(field, value);
                continue;
            }

            long behind = _reader.Position + length;
            if (kind == ProtobufReader.Bytes) content(field, behind, depth + 1);
            _reader.Seek(behind);
        }
    }
}
