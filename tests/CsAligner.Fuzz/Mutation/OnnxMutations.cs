using System.Globalization;
using System.Text;

namespace CsAligner.Fuzz.Mutation;

/// <summary>Changes of an ONNX model's fields: of numbers, names, operators, shapes and weights, of what stands in what;
/// lengths are set anew.</summary>
internal sealed class OnnxMutations(Random random, string[] words)
{
    public const string Model = "model";

    // Which fields are messages, and of what kind (onnx.proto): the message that they are in, their number, what they are.
    private const string Fields = """
        model 7 graph, model 8 opset, model 14 entry, model 25 function, graph 1 node, graph 5 tensor, graph 11 value, graph 12 value, graph 13 value, graph 14 annotation,
        graph 15 sparse, graph 16 entry, node 5 attribute, node 9 entry, attribute 5 tensor, attribute 6 graph, attribute 10 tensor, attribute 11 graph, attribute 14 type,
        attribute 15 type, attribute 22 sparse, attribute 23 sparse, tensor 3 segment, tensor 13 entry, sparse 1 tensor, sparse 2 tensor, annotation 2 entry, value 2 type,
        type 1 tensortype, type 4 sequence, type 5 map, type 8 tensortype, type 9 sequence, sequence 1 type, map 2 type, tensortype 2 shape, shape 1 dimension, function 7 node,
        function 9 opset, function 11 attribute, function 12 value
        """;

    private static readonly Dictionary<(string Owner, int Number), string> Messages = Fields.Split(',', StringSplitOptions.TrimEntries)
        .Select(field => field.Split(' '))
        .ToDictionary(field => (field[0], int.Parse(field[1], CultureInfo.InvariantCulture)), field => field[2]);

    private static readonly long[] Numbers =
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 16, 17, 21, 23, -1, -2, -3, 63, 64, 127, 255, 256, 1000, 4096, 32767, 65536, 1 << 20,
            1 << 28, int.MaxValue, 1L << 31, 1L << 32, 1L << 40, long.MaxValue, long.MinValue, int.MinValue];

    private static readonly string[] Operators =
    [
        "Abs", "Add", "And", "ArgMax", "AveragePool", "BatchNormalization", "BitShift", "Cast", "CastLike", "Ceil", "Clip", "Col2Im",
        "Compress", "Concat", "ConcatFromSequence", "Constant", "ConstantOfShape", "Conv",
        "ConvInteger", "ConvTranspose", "CumSum", "DFT", "DeformConv", "DepthToSpace", "DequantizeLinear", "Det", "Div", "Dropout",
        "DynamicQuantizeLinear", "Einsum", "Erf", "Exp", "Expand", "EyeLike", "Flatten", "GRU",
        "Gather", "GatherElements", "GatherND", "Gemm", "GlobalAveragePool", "GlobalMaxPool", "GridSample", "GroupNormalization",
        "HammingWindow", "Hardmax", "Identity", "If", "InstanceNormalization", "IsNaN", "LRN", "LSTM",
        "LayerNormalization", "Log", "LogSoftmax", "Loop", "LpNormalization", "LpPool", "MatMul", "MatMulInteger", "Max", "MaxPool",
        "MaxRoiPool", "MaxUnpool", "Mean", "MeanVarianceNormalization", "MelWeightMatrix", "Mod", "Mul",
        "Multinomial", "NegativeLogLikelihoodLoss", "NonMaxSuppression", "NonZero", "OneHot", "Optional", "OptionalGetElement",
        "OptionalHasElement", "PRelu", "Pad", "Pow", "QLinearConv", "QLinearMatMul", "QuantizeLinear", "RNN",
        "RandomNormal", "RandomUniformLike", "Range", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceProd", "ReduceSum", "RegexFullMatch",
        "Relu", "Reshape", "Resize", "ReverseSequence", "RoiAlign", "RotaryEmbedding", "STFT", "Scan",
        "Scatter", "ScatterElements", "ScatterND", "SequenceAt", "SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert",
        "SequenceLength", "SequenceMap", "Shape", "Shrink", "Sin", "Size", "Slice", "Softmax",
        "SoftmaxCrossEntropyLoss", "SpaceToDepth", "Split", "SplitToSequence", "Sqrt", "Squeeze", "StringConcat", "StringNormalizer",
        "StringSplit", "Sub", "Sum", "TfIdfVectorizer", "ThresholdedRelu", "Tile", "TopK", "Transpose",
        "Trilu", "Unique", "Unsqueeze", "Upsample", "Where", "Xor", "Attention", "FusedMatMul", "Gelu", "SkipLayerNormalization",
        "EmbedLayerNormalization", "MultiHeadAttention", "Tokenizer", "MurmurHash3", "WordConvEmbedding",
    ];

    // Lists that large grow no further.
    private const int MostFields = 4000;

    private readonly ByteMutations _bytes = new(random, words);

    public static string? TypeOf(string owner, int number) => Messages.GetValueOrDefault((owner, number));

    public byte[] Mutate(byte[] part, byte[] other)
    {
        if (ProtobufField.Read(part, Model, TypeOf) is not { Count: > 0 } model) return _bytes.Mutate(part);
        List<(List<ProtobufField> Among, int Place)> places = [];
        Collect(model, places);
        if (places.Count > MostFields) return _bytes.Mutate(part);
        var (among, place) = places[random.Next(places.Count)];
        var field = among[place];
        switch (random.Next(14))
        {
            case 0 or 1 or 2:
                Change(field, places);
                break;
            case 3:
                among.RemoveAt(place);
                break;
            case 4:
                int times = random.Next(8) == 0 ? random.Next(64) : 1;
                for (int i = 0; i < times; i++) among.Insert(place, field.Copy());
                break;
            case 5 or 6:
                // Something of the same meaning from elsewhere.
                if (Like(field, places, other) is { } like) among[place] = like;
                break;
            case 7:
                if (Like(field, places, other) is { } more) among.Insert(random.Next(among.Count + 1), more);
                break;
            case 8:
                int with = random.Next(among.Count);
                (among[place], among[with]) = (among[with], among[place]);
                break;
            case 9:
                // Names join nodes: another name, another graph.
                Rename(places);
                break;
            case 10:
                if (Pick(places, f => f.Owner == "node" && f.Number == 4) is { } name)
                    name.Content = Encoding.ASCII.GetBytes(Operators[random.Next(Operators.Length)]);
                break;
            case 11:
                Nest(model, places);
                break;
            case 12:
                if (random.Next(2) == 0) field.Number = 1 + random.Next(30);
                else (field.Kind, field.Fields, field.Content) =
                    (new[] { 0, 1, 2, 5 }[random.Next(4)], null, field.Fields is null ? field.Content : ProtobufField.Write(field.Fields));
                break;
            default:
                if (Pick(places,
                    f => (f.Owner is "tensor" && f.Number is 1 or 2 or 9) || f.Owner is "dimension"
                        || (f.Owner is "attribute" && f.Number is 3 or 8)) is { } size) Change(size, places);
                break;
        }

        return ProtobufField.Write(model);
    }

    private void Change(ProtobufField field, List<(List<ProtobufField> Among, int Place)> places)
    {
        if (field.Kind != ProtobufField.Bytes)
            field.Value = random.Next(3) == 0 ? field.Value + (ulong)random.Next(-3, 4) : (ulong)Numbers[random.Next(Numbers.Length)];
        else if (field.Fields is { Count: > 0 } fields)
            field.Fields = random.Next(3) == 0 ? [] : [.. fields.OrderBy(_ => random.Next())];
        else
            field.Content = random.Next(5) switch
            {
                0 => Encoding.UTF8.GetBytes(_bytes.Word()),
                1 => new byte[random.Next(4) == 0 ? random.Next(5000) : random.Next(64)],
                2 => Integers(),
                3 => Pick(places, f => f.Kind == ProtobufField.Bytes && f.Fields is null)?.Content ?? [],
                _ => _bytes.Mutate(field.Content),
            };
    }

    // As a shape or axes of int64 hold them.
    private byte[] Integers()
    {
        var bytes = new byte[8 * (1 + random.Next(4))];
        for (int i = 0; i < bytes.Length; i += 8) BitConverter.TryWriteBytes(bytes.AsSpan(i), Numbers[random.Next(Numbers.Length)]);
        return bytes;
    }

    private ProtobufField? Like(ProtobufField field, List<(List<ProtobufField> Among, int Place)> places, byte[] other)
    {
        var from = places;
        if (random.Next(2) == 0 && ProtobufField.Read(other, Model, TypeOf) is { } lent)
        {
            from = [];
            Collect(lent, from);
        }

        return Pick(from, f => f.Owner == field.Owner && f.Number == field.Number)?.Copy();
    }

    private void Rename(List<(List<ProtobufField> Among, int Place)> places)
    {
        if (Pick(places, IsName) is { } name && Pick(places, IsName) is { } another) name.Content = another.Content;

        static bool IsName(ProtobufField field) =>
            (field.Owner == "node" && field.Number is 1 or 2) || (field.Owner == "value" && field.Number == 1)
                || (field.Owner == "tensor" && field.Number == 8);
    }

    // A graph becomes an attribute of one of its nodes, perhaps many times.
    private void Nest(List<ProtobufField> model, List<(List<ProtobufField> Among, int Place)> places)
    {
        if (model.FirstOrDefault(f => f.Number == 7) is not { Fields: not null } graph
            || Pick(places, f => f.Owner == "graph" && f.Number == 1) is not { Fields: { } node }) return;
        // Copied before: each copy would hold those before it.
        ProtobufField whole = graph.Copy();
        whole.Number = 6;
        for (int times = random.Next(8) == 0 ? 12 : 1; times > 0; times--)
        {
            var inner = whole.Copy();
            node.Add(ProtobufField.Message(5, ProtobufField.Text(1, new[] { "body", "then_branch", "else_branch", "x" }[random.Next(4)]),
                inner, ProtobufField.Int(20, 5)));
        }
    }

    private ProtobufField? Pick(List<(List<ProtobufField> Among, int Place)> places, Func<ProtobufField, bool> isMeant)
    {
        ProtobufField[] meant = [.. places.Select(p => p.Among[p.Place]).Where(isMeant)];
        return meant.Length == 0 ? null : meant[random.Next(meant.Length)];
    }

    private static void Collect(List<ProtobufField> fields, List<(List<ProtobufField> Among, int Place)> places)
    {
        for (int i = 0; i < fields.Count; i++)
        {
            places.Add((fields, i));
            if (fields[i].Fields is { } inner) Collect(inner, places);
        }
    }
}
