using System.Text;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Tensors.Tests.Formats;

public class SafeTensorsTests
{
    private static string Example => Path.Combine(AppContext.BaseDirectory, "Golden", "Formats", "example.safetensors");

    [Fact]
    public void A_file_of_every_type_is_read()
    {
        using SafeTensorsFile file = SafeTensorsFile.Open(Example);
        Assert.Equal("yes ✓", file.Metadata["naïve"]);
        Assert.Equal(
            ["double", "float", "long", "int", "half", "brain", "byte", "flag", "unread", "small", "short", "u16", "u32", "u64", "nothing"],
            file.Names);
        Assert.Equal([0.1, -1e300], file.ReadDoubles("double"));
        Assert.Equal([1, 2, 3, 4], file.ReadTensor("float").Span.ToArray());
        Assert.Equal([2, 2], file.ReadTensor("float").Shape.ToArray());
        Assert.Equal([-1, 1L << 62], file.ReadInt64("long"));
        Assert.Equal([-7], file.ReadInt64("int"));
        Assert.Equal([0.5f, -2, 65504], file.ReadTensor("half").Span.ToArray());
        Assert.Equal([1, -2, 3.140625], file.ReadDoubles("brain"));
        Assert.Equal([0, 255], file.ReadInt64("byte"));
        Assert.Equal([1], file.ReadInt64("flag"));
        Assert.Equal([-128, 127], file.ReadInt64("small"));
        Assert.Equal([-32768f, 32767], file.ReadTensor("short").Span.ToArray());
        Assert.Equal([65535], file.ReadInt64("u16"));
        Assert.Equal([4294967295d], file.ReadDoubles("u32"));
        Assert.Equal([18446744073709551616f], file.ReadTensor("u64").Span.ToArray());
        Assert.Empty(file.Info("flag").Shape);
        Assert.Equal([0, 3], file.ReadTensor("nothing").Shape.ToArray());
        float[] last = new float[2];
        file.ReadValues("half", 1, last);
        Assert.Equal([-2, 65504], last);

        Assert.Equal(("F8_E4M3", ElementType.Other), (file.Info("unread").TypeName, file.Info("unread").ElementType));
        Assert.Contains("F8_E4M3 is not supported", Assert.Throws<InputException>(() => file.ReadTensor("unread")).Message);
        Assert.Contains("expected integers", Assert.Throws<InputException>(() => file.ReadInt64("half")).Message);
        Assert.Contains("no tensor 'absent'", Assert.Throws<InputException>(() => file.ReadTensor("absent")).Message);
    }

    [Fact]
    public void What_is_written_comes_back()
    {
        using var folder = new TemporaryFolder();
        float[] special = [0, -0f, 1e-45f, float.NaN, float.PositiveInfinity, -3.5f];
        var writer = new SafeTensorsWriter();
        writer.Add("b.float", Tensor.From(special, 3, 2));
        writer.Add("a.half", Tensor.From([0.5f, -2], 2), ElementType.Float16);
        writer.Add("c.brain", new[] { 1f, -2 }, [2], ElementType.BFloat16);
        writer.Add("double", new[] { 0.1 }, 1);
        writer.Add("long \"quoted\"", new[] { long.MinValue });
        writer.Add("none", Array.Empty<float>(), [0, 5]);
        writer.SetMetadata("note", "a \"word\" ✓");
        writer.Write(folder["a.safetensors"]);

        using SafeTensorsFile file = SafeTensorsFile.Open(folder["a.safetensors"]);
        Assert.Equal(["double", "long \"quoted\"", "b.float", "none", "a.half", "c.brain"], file.Names);
        Assert.Equal("a \"word\" ✓", file.Metadata["note"]);
        Assert.Equal(special.Select(BitConverter.SingleToUInt32Bits),
            file.ReadTensor("b.float").Span.ToArray().Select(BitConverter.SingleToUInt32Bits));
        Assert.Equal([3, 2], file.Info("b.float").Shape);
        Assert.Equal([0.5f, -2], file.ReadTensor("a.half").Span.ToArray());
        Assert.Equal([1f, -2], file.ReadTensor("c.brain").Span.ToArray());
        Assert.Equal([0.1], file.ReadDoubles("double"));
        Assert.Equal([long.MinValue], file.ReadInt64("long \"quoted\""));
        Assert.Empty(file.Info("long \"quoted\"").Shape);
    }

    [Fact]
    public void The_order_of_adding_does_not_show_and_the_data_is_aligned()
    {
        byte[] Bytes(params string[] names)
        {
            var writer = new SafeTensorsWriter();
            foreach (string name in names)
                writer.Add(name, Tensor.From([name[0]], 1), name == "c" ? ElementType.Float16 : ElementType.Float32);
            using var stream = new MemoryStream();
            writer.Write(stream);
            return stream.ToArray();
        }

        byte[] first = Bytes("a", "b", "c");
        Assert.Equal(first, Bytes("c", "b", "a"));
        Assert.Equal(0L, BitConverter.ToInt64(first) % 8);
    }

    [Fact]
    public void A_name_is_taken_once_and_a_shape_must_fit()
    {
        var writer = new SafeTensorsWriter();
        writer.Add("a", Tensor.From([1], 1));
        Assert.Throws<ArgumentException>(() => writer.Add("a", Tensor.From([1], 1)));
        Assert.Throws<ArgumentException>(() => writer.Add("__metadata__", Tensor.From([1], 1)));
        Assert.Throws<ArgumentException>(() => writer.Add("b", new float[3], [2, 2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Add("b", new float[4], [2, 2], ElementType.Int64));
    }

    [Fact]
    public void A_file_cut_off_anywhere_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        byte[] whole = File.ReadAllBytes(Example);
        for (int length = 0; length < whole.Length; length++)
            Assert.Contains("cut.safetensors", Refused(folder.Write("cut.safetensors", whole.AsSpan(0, length))));
        Assert.Contains("has bytes after its data", Refused(folder.Write("long.safetensors", [.. whole, 0])));
    }

    public static TheoryData<string, string> HostileHeaders => new()
    {
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""",
            "must not overlap" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""",
            "must not overlap" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "must not overlap or leave holes" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "has bytes after its data" },
        { """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", "is cut off" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "needs 8 bytes" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "needs 8 bytes" },
        { """{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}""", "needs 1.5 bytes" },
        { """{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}""", "larger than any file" },
        { """{"a":{"dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}}""", "larger than any file" },
        { """{"a":{"dtype":"F64","shape":[1152921504606846976],"data_offsets":[0,8]}}""", "larger than any file" },
        { """{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "not a whole number" },
        { """{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", "not a whole number" },
        { """{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}""", "not a whole number" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551624]}}""", "not a whole number" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", "dtype, shape and data_offsets" },
        { """{"a":{"dtype":"F32","shape":[2]}}""", "dtype, shape and data_offsets" },
        { """{"a":{"dtype":3,"shape":[2],"data_offsets":[0,8]}}""", "dtype, shape and data_offsets" },
        { """{"a":[]}""", "dtype, shape and data_offsets" },
        { """{"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}""", "unknown type 'F31'" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""",
            "not valid JSON" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""",
            "not valid JSON" },
        { """{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "not valid JSON" },
        { """{"__metadata__":{"x":"1","x":"2"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "not valid JSON" },
        { """{"__metadata__":{"x":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "not a string" },
        { """{"__metadata__":[],"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "__metadata__ is not an object" },
        { """{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "surrogate" },
        { """{"a":{"dtype":"F\ud800","shape":[2],"data_offsets":[0,8]}}""", "surrogate" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""", "not valid JSON" },
        { """ {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "does not begin with '{'" },
        { """[]""", "does not begin with '{'" },
        { "", "does not begin with '{'" },
        { """{"a":{"dtype":"F32","shape":[[[[[[[[[2]]]]]]]]],"data_offsets":[0,8]}}""", "not valid JSON" },
    };

    [Theory]
    [MemberData(nameof(HostileHeaders))]
    public void A_hostile_header_is_refused_with_its_reason(string header, string expected)
    {
        using var folder = new TemporaryFolder();
        string message = Refused(folder.Write("hostile.safetensors", FileBytes(Encoding.UTF8.GetBytes(header), 8)));
        Assert.Contains("hostile.safetensors", message);
        Assert.Contains(expected, message);
    }

    [Fact]
    public void Invalid_utf8_is_refused()
    {
        using var folder = new TemporaryFolder();
        byte[] header = [.. "{\""u8, 0xC3, 0x28, .. "\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}"u8];
        Assert.Contains("not valid UTF-8", Refused(folder.Write("a.safetensors", FileBytes(header, 8))));
    }

    [Fact]
    public void A_header_length_beyond_the_limit_is_refused_before_memory_is_taken()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("the limit is 100000000", Refused(folder.Write("a.safetensors", BitConverter.GetBytes(100_000_001L))));
        Assert.Contains("the limit is 100000000", Refused(folder.Write("b.safetensors", BitConverter.GetBytes(ulong.MaxValue))));
        Assert.Contains("inside its header", Refused(folder.Write("c.safetensors", BitConverter.GetBytes(100_000_000L))));
    }

    [Fact]
    public void Unknown_fields_padding_and_a_file_without_tensors_are_legal()
    {
        using var folder = new TemporaryFolder();
        byte[] header = Encoding.UTF8.GetBytes("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":[1]}}     """);
        using SafeTensorsFile file = SafeTensorsFile.Open(folder.Write("a.safetensors", FileBytes(header, 8)));
        Assert.Equal(2, file.Info("a").Count);
        using SafeTensorsFile empty = SafeTensorsFile.Open(folder.Write("b.safetensors", FileBytes("{}"u8, 0)));
        Assert.Empty(empty.Names);
    }

    private static byte[] FileBytes(ReadOnlySpan<byte> header, int dataBytes) =>
        [.. BitConverter.GetBytes((long)header.Length), .. header, .. new byte[dataBytes]];

    private static string Refused(string path)
    {
        string message = Assert.Throws<InputException>(() => SafeTensorsFile.Open(path).Dispose()).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }
}
