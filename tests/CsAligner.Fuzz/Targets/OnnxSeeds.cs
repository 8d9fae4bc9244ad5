using System.Runtime.InteropServices;
using CsAligner.Fuzz.Mutation;
using static CsAligner.Fuzz.Mutation.ProtobufField;

namespace CsAligner.Fuzz.Targets;

/// <summary>Encoders of a few numbers in ONNX format that together take most ways in which graphs are written.</summary>
internal static class OnnxSeeds
{
    private const int Float = 1, Int32 = 6, Int64 = 7, Bool = 9, Half = 10;

    /// <summary>Graphs of pictures: pixel_values [b, 3, 8, 8] to image_embeds.</summary>
    public static IEnumerable<byte[]> Images()
    {
        yield return Model(Node("Flatten", "pixel_values", "f"), Node("MatMul", "f,w", "image_embeds"), Weights("w", 192, 4));
        yield return Model(
            Node("Conv", "pixel_values,k,bias", "c", Ints("strides", 4, 4), Ints("kernel_shape", 4, 4), Text("auto_pad", "VALID")),
            Node("Tanh", "c", "r"), Node("GlobalAveragePool", "r", "p"),
            Node("Reshape", "p,shape", "image_embeds"), Weights("k", 4, 3, 4, 4), Weights("bias", 4), Numbers("shape", 0, -1));
        yield return Model(
            Node("Conv", "pixel_values,k", "c", Ints("strides", 4, 4)), Node("Reshape", "c,shape", "tokens"),
            Node("Transpose", "tokens", "t", Ints("perm", 0, 2, 1)),
            Node("MatMul", "t,tokens", "scores"), Node("Softmax", "scores", "a", Int("axis", -1)), Node("MatMul", "a,t", "mixed"),
            Node("LayerNormalization", "mixed,scale,bias", "n", Int("axis", -1), Number("epsilon", 1e-5f)),
            Node("ReduceMean", "n", "m", Ints("axes", 1), Int("keepdims", 0)),
            Node("Gemm", "m,w,bias", "image_embeds", Int("transB", 1), Number("alpha", 0.5f)),
            Weights("k", 4, 3, 4, 4), Weights("scale", 4), Weights("bias", 4), Weights("w", 4, 4), Numbers("shape", 0, 4, -1));
        yield return Model(
            Node("Shape", "pixel_values", "s"), Node("Gather", "s,zero", "b", Int("axis", 0)), Node("Unsqueeze", "b,axis", "bs"),
            Node("Concat", "bs,rest", "shape", Int("axis", 0)), Node("Reshape", "pixel_values,shape", "f"),
            Node("Slice", "f,axis,ends,ones", "cut"), Node("ConstantOfShape", "bs", "zeros", Tensor("value", Weights("", 1))),
            Node("Expand", "zeros,shape1", "e"), Node("Tile", "e,reps", "tiled"), Node("Range", "rz,re,r1", "range"),
            Node("Cast", "range", "rf", Int("to", Float)), Node("Add", "cut,rf", "image_embeds"), Scalar("zero", 0), Numbers("axis", 0),
            Numbers("rest", 192), Numbers("ends", 4), Numbers("ones", 1), Numbers("shape1", 1), Numbers("reps", 2),
            Scalar("rz", 0), Scalar("re", 4), Scalar("r1", 1));
        yield return Model(
            Node("ReduceSum", "pixel_values", "sum", Int("keepdims", 0)), Node("Greater", "sum,limit", "is"),
            Node("If", "is", "i", Inner("then_branch", Graph("x", [], ["x1"], Node("Identity", "limit", "x1"))),
                Inner("else_branch", Graph("y", [], ["y1"], Node("Neg", "limit", "y1")))),
            Node("Loop", "count,yes,i", "l",
                Inner("body",
                    Graph("z", ["n:7", "go:9", "v:1"], ["go2:9", "v2"], Node("Identity", "go", "go2"), Node("Add", "v,limit", "v2")))),
            Node("Scan", "l,w", "q,scanned", Int("num_scan_inputs", 1),
                Inner("body", Graph("u", ["a:1", "row:1"], ["a2:1", "row2:1"], Node("Identity", "a", "a2"), Node("Add", "row,a", "row2")))),
            Node("Unsqueeze", "scanned,one", "s"), Node("Flatten", "pixel_values", "f"), Node("MatMul", "f,s", "image_embeds"),
            Weights("w", 192), Numbers("one", 1), Constant("limit", 1.5f), Scalar("count", 3),
            new Part(5, [ProtobufField.Int(2, Bool), ProtobufField.Text(8, "yes"), Raw(9, [1])]));
        yield return Model(
            Node("Half", "pixel_values", "h", "local"), Node("Flatten", "h", "image_embeds"),
            new Part(0, [Message(25, ProtobufField.Text(1, "Half"), ProtobufField.Text(4, "x"), ProtobufField.Text(5, "y"),
                Message(7, Node("Add", "x,x", "t").Fields), Message(7, Node("Identity", "t", "y").Fields),
                Message(9, ProtobufField.Int(2, 17)), ProtobufField.Text(10, "local"))]));
        yield return Model(
            Node("QuantizeLinear", "pixel_values,sc,zp", "q"), Node("DequantizeLinear", "q,sc,zp", "d"),
            Node("DynamicQuantizeLinear", "d", "q2,s2,z2"), Node("ConvInteger", "q2,k8,z2", "ci"),
            Node("Cast", "ci", "cf", Int("to", Float)),
            Node("Mul", "cf,s2", "m"), Node("Flatten", "m", "image_embeds"), Constant("sc", 0.1f),
            new Part(5, [ProtobufField.Int(2, 2), ProtobufField.Text(8, "zp"), Raw(9, [128])]),
            new Part(5, [.. new[] { 2, 3, 4, 4 }.Select(d => ProtobufField.Int(1, d)), ProtobufField.Int(2, 2), ProtobufField.Text(8, "k8"),
                Raw(9, [.. Enumerable.Range(0, 96).Select(i => (byte)i)])]));
        yield return Model(
            Node("Resize", "pixel_values,,scales", "r", Text("mode", "linear")), Node("Pad", "r,pads", "p", Text("mode", "reflect")),
            Node("MaxPool", "p", "mp", Ints("kernel_shape", 2, 2), Ints("strides", 2, 2)),
            Node("BatchNormalization", "mp,three,three,three,variance", "bn"), Node("Split", "bn", "s1,s2", Int("axis", 3)),
            Node("SequenceConstruct", "s1,s2", "seq"), Node("ConcatFromSequence", "seq", "cat", Int("axis", 3)),
            Node("Einsum", "cat", "e", Text("equation", "bchw->bc")), Node("TopK", "e,two", "top,at"),
            Node("GatherElements", "e,at", "image_embeds", Int("axis", 1)),
            new Part(5, [ProtobufField.Int(1, 4), ProtobufField.Int(2, Float), ProtobufField.Text(8, "scales"), Floats([1, 1, 2, 2])]),
            Numbers("pads", 0, 0, 1, 1, 0, 0, 0, 0), Numbers("two", 2), Weights("three", 3),
            new Part(5, [ProtobufField.Int(1, 3), ProtobufField.Int(2, Float), ProtobufField.Text(8, "variance"), Floats([1, 2, 3])]));
        yield return Model(
            Node("Flatten", "pixel_values", "f"), Node("MatMul", "f,w", "image_embeds"),
            new Part(5, [ProtobufField.Int(1, 192), ProtobufField.Int(1, 2), ProtobufField.Int(2, Float), ProtobufField.Text(8, "w"),
                Entry(13, "location", "weights.bin"), Entry(13, "offset", "0"), Entry(13, "length", "1536"), ProtobufField.Int(14, 1)]));
        yield return Model(Half, Node("Flatten", "pixel_values", "image_embeds"));
    }

    /// <summary>Graphs of texts: input_ids [b, t], and at times a mask, to features of texts or of tokens.</summary>
    public static IEnumerable<byte[]> Texts()
    {
        yield return Texts(Int64, "last_hidden_state", 3, Node("Gather", "table,input_ids", "last_hidden_state"), Weights("table", 16, 4));
        yield return Texts(
            Int64, "text_embeds", 2, Node("Gather", "table,input_ids", "x"),
            Node("ArgMax", "input_ids", "last", Int("axis", 1), Int("keepdims", 1)), Node("Unsqueeze", "last,axes", "u"),
            Node("GatherND", "x,u", "g", Int("batch_dims", 1)),
            Node("Squeeze", "g,one", "text_embeds"), Weights("table", 16, 4), Numbers("axes", 2), Numbers("one", 1));
        yield return Texts(
            Int32, "sentence_embedding", 2, Node("Gather", "table,input_ids", "x"), Node("Cast", "attention_mask", "m", Int("to", Float)),
            Node("Unsqueeze", "m,axes", "mu"), Node("Mul", "x,mu", "xm"), Node("ReduceSum", "xm,one", "sum", Int("keepdims", 0)),
            Node("LpNormalization", "sum", "sentence_embedding"), Weights("table", 16, 4), Numbers("axes", 2), Numbers("one", 1));
    }

    public static byte[] External() =>
        MemoryMarshal.AsBytes(Enumerable.Range(0, 400).Select(i => (i % 7) - 2.5f).ToArray().AsSpan()).ToArray();

    private static byte[] Model(params Part[] parts) => Model(Float, parts);

    private static byte[] Model(int type, params Part[] parts) =>
        Write(parts, [Value(11, "pixel_values", type, "b", 3L, 8L, 8L), Value(12, "image_embeds", type, "b", "d")]);

    private static byte[] Texts(int type, string output, int rank, params Part[] parts) => Write(
        parts,
        [Value(11, "input_ids", type, "b", "t"), Value(11, "attention_mask", type, "b", "t"),
            Value(12, output, Float, rank == 3 ? ["b", "t", 4L] : ["b", 4L])]);

    private static byte[] Write(Part[] parts, ProtobufField[] values)
    {
        ProtobufField[] model =
        [
            ProtobufField.Int(1, 8), ProtobufField.Text(2, "fuzz"), Message(8, ProtobufField.Text(1, ""), ProtobufField.Int(2, 17)),
            Message(8, ProtobufField.Text(1, "local"), ProtobufField.Int(2, 1)),
            Message(7, [.. parts.Where(p => p.Number is 1 or 5).Select(p => p.Field), ProtobufField.Text(2, "g"), .. values]),
            .. parts.Where(p => p.Number == 0).SelectMany(p => p.Fields),
            Message(14, ProtobufField.Text(1, "pooling"), ProtobufField.Text(2, "cls")),
        ];
        return ProtobufField.Write(model);
    }

    private static Part Node(string type, string inputs, string outputs, params Part[] attributes) =>
        Node(type, inputs, outputs, "", attributes);

    private static Part Node(string type, string inputs, string outputs, string domain, params Part[] attributes) => new(
        1,
        [
            .. inputs.Split(',').Select(name => ProtobufField.Text(1, name)),
            .. outputs.Split(',').Select(name => ProtobufField.Text(2, name)), ProtobufField.Text(4, type),
            .. domain.Length == 0 ? [] : new[] { ProtobufField.Text(7, domain) }, .. attributes.Select(attribute => attribute.Field),
        ]);

    // A number of an attribute's kinds (20) says which field holds it.
    private static Part Int(string name, long value) =>
        new(5, [ProtobufField.Text(1, name), ProtobufField.Int(3, value), ProtobufField.Int(20, 2)]);

    private static Part Number(string name, float value) =>
        new(5, [ProtobufField.Text(1, name), ProtobufField.Float(2, value), ProtobufField.Int(20, 1)]);

    private static Part Text(string name, string value) =>
        new(5, [ProtobufField.Text(1, name), ProtobufField.Text(4, value), ProtobufField.Int(20, 3)]);

    private static Part Ints(string name, params long[] values) =>
        new(5, [ProtobufField.Text(1, name), .. values.Select(value => ProtobufField.Int(8, value)), ProtobufField.Int(20, 7)]);

    private static Part Inner(string name, ProtobufField[] graph) =>
        new(5, [ProtobufField.Text(1, name), Message(6, graph), ProtobufField.Int(20, 5)]);

    private static Part Tensor(string name, Part tensor) =>
        new(5, [ProtobufField.Text(1, name), Message(5, tensor.Fields), ProtobufField.Int(20, 4)]);

    // "name:type" of scalars, float where nothing is said.
    private static ProtobufField[] Graph(string name, string[] inputs, string[] outputs, params Part[] nodes) =>
        [.. nodes.Select(node => node.Field), ProtobufField.Text(2, name), .. inputs.Select(input => Scalar(11, input)),
            .. outputs.Select(output => Scalar(12, output))];

    private static ProtobufField Scalar(int number, string named) =>
        named.Split(':') is [var name, var type]
            ? Value(number, name, int.Parse(type, System.Globalization.CultureInfo.InvariantCulture))
            : Message(number, ProtobufField.Text(1, named));

    private static ProtobufField Value(int number, string name, int type, params object[] sizes) => Message(
        number,
        ProtobufField.Text(1, name),
        Message(2, Message(1, ProtobufField.Int(1, type),
            Message(2, sizes.Select(size =>
                Message(1, size is long value ? ProtobufField.Int(1, value) : ProtobufField.Text(2, (string)size)))))));

    private static Part Weights(string name, params int[] sizes) => new(
        5,
        [
            .. sizes.Select(size => ProtobufField.Int(1, size)), ProtobufField.Int(2, Float), ProtobufField.Text(8, name),
            Floats([.. Enumerable.Range(0, sizes.Aggregate(1, (a, b) => a * b)).Select(i => (i % 5) - 1.75f)]),
        ]);

    private static Part Constant(string name, float value) =>
        new(5, [ProtobufField.Int(2, Float), ProtobufField.Text(8, name), Floats([value])]);

    private static Part Scalar(string name, long value) =>
        new(5, [ProtobufField.Int(2, Int64), ProtobufField.Text(8, name), Raw(9, BitConverter.GetBytes(value))]);

    private static Part Numbers(string name, params long[] values) =>
        new(5, [ProtobufField.Int(1, values.Length), ProtobufField.Int(2, Int64), ProtobufField.Text(8, name),
            Raw(9, MemoryMarshal.AsBytes(values.AsSpan()).ToArray())]);

    private static ProtobufField Entry(int number, string key, string value) =>
        Message(number, ProtobufField.Text(1, key), ProtobufField.Text(2, value));

    private static ProtobufField Floats(float[] values) => Raw(9, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    // A message's fields and its number in a graph or node; 0: fields of the model itself.
    private sealed record Part(int Number, ProtobufField[] Fields)
    {
        public ProtobufField Field => Message(Number, Fields);
    }
}
