using System.Text;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Onnx.Tests;

/// <summary>Models of a few bytes that ONNX Runtime must never see, and some that it may.</summary>
public sealed class OnnxFileCheckTests
{
    [Theory]
    [InlineData("batch_dims", -1, true)]
    [InlineData("batch_dims", int.MinValue, true)]
    [InlineData("batch_dims", 1, false)]
    [InlineData("axis", -1, false)]
    [InlineData("axis", 1000, true)]
    [InlineData("group", 0, true)]
    [InlineData("strides", 0, true)]
    [InlineData("ends", long.MaxValue, false)]
    [InlineData("value_int", long.MinValue, false)]
    public void Attributes_beyond_their_meaning_are_refused(string name, long value, bool isRefused)
    {
        // As a number, as a list, and as a list in one piece.
        byte[] number = Number(value);
        foreach (byte[] held in (byte[][])[[0x18, .. number], [0x40, .. number], Message(8, number)])
            Check(Model(Message(1, Message(5, [.. Message(1, Encoding.UTF8.GetBytes(name)), .. held]))),
                isRefused ? $"a node's attribute {name} is {value}" : null);
    }

    [Theory]
    [InlineData("/etc/passwd", true)]
    [InlineData("../weights.bin", true)]
    [InlineData("a/../../weights.bin", true)]
    [InlineData("..\\weights.bin", true)]
    [InlineData("a\0b", true)]
    [InlineData("weights..bin", false)]
    [InlineData("data/weights.bin", false)]
    public void Weights_outside_of_the_folder_are_refused(string location, bool isRefused) =>
        Check(Model(Message(5, Message(13, [.. Message(1, "location"u8), .. Message(2, Encoding.UTF8.GetBytes(location))]))),
            isRefused ? "only files in the model's own folder are read" : null);

    [Fact]
    public void Sizes_below_zero_are_refused() => Check(Model(Message(5, [0x08, .. Number(-1)])), "a dimension of -1");

    [Theory]
    [InlineData(int.MaxValue, null)]
    [InlineData(-1, null)]
    [InlineData(1L << 31, "a dimension of 2147483648, more than any encoder")]
    [InlineData(long.MinValue, "a dimension of -9223372036854775808, more than any encoder")]
    public void Sizes_of_inputs_and_outputs_beyond_32_bits_are_refused(long size, string? expected)
    {
        foreach (int field in (int[])[11, 12])
            Check(Model(Message(field,
                [.. Message(1, "x"u8), .. Message(2, Message(1, [0x08, 1, .. Message(2, Message(1, [0x08, .. Number(size)]))]))])),
                expected);
    }

    // Type, its number, the bytes of a value that is NaN and of one that is infinite; the last in a file that is read in pieces.
    [Theory]
    [InlineData(1, "0000C07F", "0000807F", 1)]
    [InlineData(1, "010080FF", "000080FF", 600_000)]
    [InlineData(10, "017C", "007C", 3)]
    [InlineData(10, "00FE", "00FC", 700_000)]
    [InlineData(16, "C07F", "807F", 5)]
    [InlineData(11, "000000000000F87F", "000000000000F07F", 2)]
    public void Weights_that_are_NaN_are_named_and_infinite_ones_are_not(int type, string nan, string infinite, int before)
    {
        byte[] value = Convert.FromHexString(nan), zeros = new byte[before * value.Length];
        Check(Model(Message(5, Weights(zeros))), null);
        Check(Model(Message(5, Weights([.. zeros, .. Convert.FromHexString(infinite), .. zeros]))), null);
        Check(Model(Message(5, Weights([.. zeros, .. value, .. zeros]))), "the weights 'blocks.0.w' contain NaN");

        // Beside the model; what is before and behind the tensor's place there is another's.
        using var folder = new TemporaryFolder();
        folder.Write("w.bin", [.. value, .. zeros, .. value, .. value]);
        string Place(int offset, int length) =>
            folder.Write("m.onnx",
                Model(Message(5,
                    [.. Message(8, "blocks.0.w"u8), 0x10, (byte)type, .. Entry("location", "w.bin"), .. Entry("offset", $"{offset}"),
                        .. Entry("length", $"{length}")])));
        OnnxFileCheck.Run(Place(value.Length, zeros.Length));
        Assert.Contains("the weights 'blocks.0.w' contain NaN",
            Assert.Throws<InputException>(() => OnnxFileCheck.Run(Place(value.Length, zeros.Length + value.Length))).Message,
            StringComparison.Ordinal);
        if (type is not (1 or 11)) return;

        // Values one by one.
        Check(Model(Message(5, [.. Message(8, "blocks.0.w"u8), 0x10, (byte)type, .. Message(type == 1 ? 4 : 10, [.. zeros, .. value])])),
            "the weights 'blocks.0.w' contain NaN");

        byte[] Weights(byte[] raw) =>
            [0x08, .. Number(raw.Length / value.Length), 0x10, (byte)type, .. Message(8, "blocks.0.w"u8), .. Message(9, raw)];

        static byte[] Entry(string key, string text) =>
            Message(13, [.. Message(1, Encoding.UTF8.GetBytes(key)), .. Message(2, Encoding.UTF8.GetBytes(text))]);
    }

    [Fact]
    public void Graphs_in_graphs_without_end_are_refused()
    {
        byte[] graph = [];
        for (int i = 0; i < 10; i++) graph = Message(1, Message(5, Message(6, graph)));
        Check(Model(graph), null);
        for (int i = 0; i < 10; i++) graph = Message(1, Message(5, Message(6, graph)));
        Check(Model(graph), "graphs are nested");
    }

    [Theory]
    [InlineData(1, 1, 1, 1, null)]
    [InlineData(2, 1, 1, 1, null)]
    [InlineData(0, 1, 1, 1, "a node gives the model's function local.f 1 inputs and 1 outputs, but it has 0 and 1")]
    [InlineData(1, 1, 1, 2, "a node gives the model's function local.f 1 inputs and 2 outputs, but it has 1 and 1")]
    public void Functions_are_given_what_they_take(int inputs, int outputs, int given, int wanted, string? expected) =>
        Check([.. Model(Message(1, Call("f", given, wanted))), .. Message(25, Function("f", "g", inputs, outputs)),
            .. Message(25, Function("g", "Add", 1, 1))], expected);

    [Fact]
    public void Functions_that_call_themselves_are_refused()
    {
        byte[] graph = Model(Message(1, Call("f", 1, 1)));
        Check([.. graph, .. Message(25, Function("f", "f", 1, 1))], "the model's function local.f calls itself");
        Check([.. graph, .. Message(25, Function("f", "g", 1, 1)), .. Message(25, Function("g", "f", 1, 1))], "calls itself");
    }

    [Fact]
    public void What_is_no_message_or_is_cut_short_is_refused()
    {
        byte[] whole = Model(Message(1, Message(5, [.. Message(1, "axis"u8), 0x18, 1])));
        Check(whole, null);
        for (int length = 1; length < whole.Length; length++) Check(whole[..length], "not a model in ONNX format");
        Check([0x07], "not a model in ONNX format");
        Check([.. Enumerable.Repeat((byte)0xFF, 11)], "not a model in ONNX format");
        Check([0x3A, .. Number(long.MaxValue)], "not a model in ONNX format");
    }

    [Fact]
    public void Every_model_of_the_tests_is_let_through()
    {
        string[] files = Directory.GetFiles(OnnxNeeds.Golden, "*.onnx", SearchOption.AllDirectories);
        Assert.True(files.Length > 20);
        foreach (string file in files.Where(file => Path.GetFileName(file) is not ("escaping_weights.onnx" or "huge_batch.onnx")))
            OnnxFileCheck.Run(file);
    }

    private static void Check(byte[] model, string? expected)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("m.onnx", model);
        if (expected is null)
        {
            OnnxFileCheck.Run(path);
            return;
        }

        string message = Assert.Throws<InputException>(() => OnnxFileCheck.Run(path)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("m.onnx", message, StringComparison.Ordinal);
    }

    private static byte[] Call(string name, int inputs, int outputs) =>
        [.. Enumerable.Repeat(Message(1, "x"u8), inputs).SelectMany(x => x),
            .. Enumerable.Repeat(Message(2, "y"u8), outputs).SelectMany(y => y), .. Message(4, Encoding.UTF8.GetBytes(name)),
            .. Message(7, "local"u8)];

    private static byte[] Function(string name, string calls, int inputs, int outputs) =>
    [
        .. Message(1, Encoding.UTF8.GetBytes(name)), .. Enumerable.Repeat(Message(4, "x"u8), inputs).SelectMany(x => x),
        .. Enumerable.Repeat(Message(5, "y"u8), outputs).SelectMany(y => y),
        .. Message(7, Call(calls, 1, 1)), .. Message(10, "local"u8),
    ];

    private static byte[] Model(byte[] graph) => Message(7, graph);

    private static byte[] Message(int number, ReadOnlySpan<byte> content) =>
        [.. Number((number << 3) | 2), .. Number(content.Length), .. content];

    private static byte[] Number(long value)
    {
        var bytes = new List<byte>();
        ulong rest = (ulong)value;
        for (; rest >= 0x80; rest >>= 7) bytes.Add((byte)(rest | 0x80));
        return [.. bytes, (byte)rest];
    }
}
