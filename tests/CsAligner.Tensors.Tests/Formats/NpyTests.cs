using System.Buffers.Binary;
using System.Text;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Tensors.Tests.Formats;

public class NpyTests
{
    private static readonly float[] Quarters = [0, 0.25f, 0.5f, 0.75f, 1, 1.25f, 1.5f, 1.75f, 2, 2.25f, 2.5f, 2.75f];

    [Theory]
    [InlineData("little-f2", ElementType.Float16)]
    [InlineData("little-f4", ElementType.Float32)]
    [InlineData("little-f8", ElementType.Float64)]
    [InlineData("big-f2", ElementType.Float16)]
    [InlineData("big-f4", ElementType.Float32)]
    [InlineData("big-f8", ElementType.Float64)]
    [InlineData("fortran-f4", ElementType.Float32)]
    [InlineData("fortran-big-f2", ElementType.Float16)]
    [InlineData("version-2", ElementType.Float32)]
    [InlineData("version-3", ElementType.Float32)]
    public void NumPys_float_files_are_read(string name, ElementType type)
    {
        using NpyReader reader = NpyReader.Open(Golden(name));
        Assert.Equal(type, reader.ElementType);
        Assert.Equal([3, 4], reader.Shape.ToArray());
        Tensor tensor = Npy.ReadTensor(Golden(name));
        Assert.Equal([3, 4], tensor.Shape.ToArray());
        Assert.Equal(Quarters, tensor.Span.ToArray());
        Assert.Equal(Quarters.Select(value => (double)value), Npy.ReadDoubles(Golden(name), out int[] shape));
        Assert.Equal([3, 4], shape);

        float[] lastRows = new float[8];
        reader.ReadRows(1, lastRows);
        Assert.Equal(Quarters[4..], lastRows);
    }

    [Theory]
    [InlineData("little-i8")]
    [InlineData("little-i4")]
    [InlineData("big-i8")]
    [InlineData("big-i4")]
    [InlineData("little-i2")]
    [InlineData("big-i2")]
    [InlineData("little-u8")]
    [InlineData("big-u8")]
    [InlineData("little-u4")]
    [InlineData("big-u4")]
    [InlineData("little-u2")]
    [InlineData("big-u2")]
    [InlineData("u1")]
    [InlineData("i1")]
    public void NumPys_integer_files_are_read(string name)
    {
        using NpyReader reader = NpyReader.Open(Golden(name));
        long[] values = new long[12];
        reader.ReadRows(0, values);
        Assert.Equal(Enumerable.Range(0, 12).Select(value => (long)value), values);
        Assert.Equal(Enumerable.Range(0, 12).Select(value => (float)value), Npy.ReadTensor(Golden(name)).Span.ToArray());
        Assert.Equal(Enumerable.Range(0, 12).Select(value => (double)value), Npy.ReadDoubles(Golden(name), out _));
    }

    [Theory]
    [InlineData("i8", -9223372036854775808d, 9223372036854775807d)]
    [InlineData("i4", -2147483648d, 2147483647d)]
    [InlineData("i2", -32768d, 32767d)]
    [InlineData("i1", -128d, 127d)]
    [InlineData("u8", 0d, 18446744073709551615d)]
    [InlineData("u4", 0d, 4294967295d)]
    [InlineData("u2", 0d, 65535d)]
    [InlineData("u1", 0d, 255d)]
    public void The_limits_of_integers_are_read_by_every_reader(string code, double least, double most)
    {
        string path = Golden($"limits-{code}");
        Assert.Equal([least, most], Npy.ReadDoubles(path, out _));
        Assert.Equal([(float)least, (float)most], Npy.ReadTensor(path).Span.ToArray());
        using NpyReader reader = NpyReader.Open(path);
        long[] whole = new long[2];
        reader.ReadRows(0, whole);
        Assert.Equal([(long)least, most >= long.MaxValue ? long.MaxValue : (long)most], whole);
        using MemoryMappedNpy map = MemoryMappedNpy.Open(path);
        float[] mapped = new float[2];
        map.ReadRows(0, mapped);
        Assert.Equal([(float)least, (float)most], mapped);
    }

    [Fact]
    public void Row_numbers_are_whole_however_they_are_stored()
    {
        using var folder = new TemporaryFolder();
        foreach (ElementType type in (ElementType[])[ElementType.Float16, ElementType.Float32, ElementType.Float64])
        {
            Npy.Write(folder["pairs.npy"], Tensor.From([0f, 3, 2], 3), type);
            Assert.Equal([0, 3, 2], Npy.ReadInt64(folder["pairs.npy"]));
        }

        foreach ((float bad, string expected) in ((float, string)[])[(1.5f, "row 2 is 1.5"), (float.NaN, "row 2 is NaN"),
            (float.PositiveInfinity, "row 2 is Infinity"), (1e30f, "row 2 is 1")])
        {
            Npy.Write(folder["pairs.npy"], Tensor.From([0f, 3, bad], 3));
            string message = Assert.Throws<InputException>(() => Npy.ReadInt64(folder["pairs.npy"])).Message;
            Assert.Contains(expected, message);
            Assert.Contains("pairs.npy", message);
        }

        File.Copy(Golden("b1"), folder["mask.npy"]);
        byte[] mask = File.ReadAllBytes(folder["mask.npy"]);
        "(12,),  "u8.CopyTo(mask.AsSpan(mask.AsSpan().IndexOf("(3, 4), "u8)));
        File.WriteAllBytes(folder["mask.npy"], mask);
        Assert.Contains("it holds Bool", Assert.Throws<InputException>(() => Npy.ReadInt64(folder["mask.npy"])).Message);
    }

    [Theory]
    [InlineData(ElementType.Float16, 65519f, 65520f)]
    [InlineData(ElementType.Float16, -65519f, -65520f)]
    [InlineData(ElementType.Float16, 65504f, float.MaxValue)]
    public void Finite_values_beyond_the_type_are_named_and_not_written(ElementType type, float fits, float beyond)
    {
        using var folder = new TemporaryFolder();
        Npy.Write(folder["fits.npy"], Tensor.From([1, fits, float.PositiveInfinity, float.NaN], 2, 2), type);
        Assert.Equal([1, MathF.CopySign(65504, fits), float.PositiveInfinity, float.NaN],
            Npy.ReadTensor(folder["fits.npy"]).Span.ToArray());
        Assert.Contains("out.npy' as Float16: row 1, column 1 is",
            Assert.Throws<InputException>(() => Npy.Write(folder["out.npy"], Tensor.From([float.NaN, 2, 3, beyond], 2, 2), type)).Message);
        using (NpyWriter writer = NpyWriter.Create(folder["out.npy"], type, 2))
        {
            writer.WriteRows([1, 2]);
            Assert.Contains("row 2, column 0 is", Assert.Throws<InputException>(() => writer.WriteRows([1, 2, beyond, 4])).Message);
        }

        var tensors = new SafeTensorsWriter();
        tensors.Add("w", Tensor.From([1f, 2, beyond, 4], 2, 2), type);
        Assert.Contains("tensor 'w' as Float16: row 1, column 0",
            Assert.Throws<InputException>(() => tensors.Write(folder["out.safetensors"])).Message);
        Assert.Equal(["fits.npy"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Bools_are_zero_and_one()
    {
        using NpyReader reader = NpyReader.Open(Golden("b1"));
        long[] values = new long[12];
        reader.ReadRows(0, values);
        Assert.Equal([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1], values);
        Assert.Equal([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1], Npy.ReadTensor(Golden("b1")).Span.ToArray());
    }

    [Fact]
    public void Fortran_order_of_any_rank_is_turned_to_rows()
    {
        using NpyReader reader = NpyReader.Open(Golden("fortran-rank4"));
        long[] values = new long[60];
        reader.ReadRows(1, values);
        Assert.Equal(Enumerable.Range(60, 60).Select(value => (long)value), values);
    }

    [Fact]
    public void Scalars_vectors_and_empty_matrices_are_read()
    {
        Tensor scalar = Npy.ReadTensor(Golden("scalar"));
        Assert.Equal((0, 2.5f), (scalar.Rank, scalar.Item));
        Assert.Equal([0, 1, 2, 3, 4], Npy.ReadInt64(Golden("vector")));
        Assert.Equal([0, 4], Npy.ReadTensor(Golden("empty")).Shape.ToArray());
    }

    [Theory]
    [InlineData("structured", "structured dtype")]
    [InlineData("objects", "Python objects")]
    [InlineData("complex", "'<c8' is not supported")]
    public void Types_that_are_not_plain_numbers_are_refused(string name, string expected) =>
        Assert.Contains(expected, Refused(Golden(name)));

    [Theory]
    [InlineData(ElementType.Float16)]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    public void A_written_tensor_comes_back(ElementType type)
    {
        using var folder = new TemporaryFolder();
        float[] special =
            [0, -0f, 1, -1, 0.5f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, (float)Half.Epsilon,
                (float)Half.MaxValue, 2, 3];
        Npy.Write(folder["a.npy"], Tensor.From(special, 2, 3, 2), type);
        Tensor read = Npy.ReadTensor(folder["a.npy"]);
        Assert.Equal([2, 3, 2], read.Shape.ToArray());
        Assert.Equal(special.Select(BitConverter.SingleToUInt32Bits), read.Span.ToArray().Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public void Written_files_are_the_bytes_that_NumPy_writes()
    {
        using var folder = new TemporaryFolder();
        Npy.Write(folder["f4"], Tensor.From(Quarters, 3, 4));
        Npy.Write(folder["f2"], Tensor.From(Quarters, 3, 4), ElementType.Float16);
        Npy.Write(folder["f8"], Tensor.From(Quarters, 3, 4), ElementType.Float64);
        Npy.Write(folder["i8"], [0L, 1, 2, 3, 4]);
        Npy.Write(folder["scalar"], Tensor.From([2.5f]));
        Assert.Equal(File.ReadAllBytes(Golden("little-f4")), File.ReadAllBytes(folder["f4"]));
        Assert.Equal(File.ReadAllBytes(Golden("little-f2")), File.ReadAllBytes(folder["f2"]));
        Assert.Equal(File.ReadAllBytes(Golden("little-f8")), File.ReadAllBytes(folder["f8"]));
        Assert.Equal(File.ReadAllBytes(Golden("vector")), File.ReadAllBytes(folder["i8"]));
        Assert.Equal(File.ReadAllBytes(Golden("scalar")), File.ReadAllBytes(folder["scalar"]));
    }

    [Fact]
    public void A_file_written_row_by_row_is_the_file_written_at_once()
    {
        using var folder = new TemporaryFolder();
        using (NpyWriter writer = NpyWriter.Create(folder["rows.npy"], ElementType.Float16, 4))
        {
            writer.WriteRows(Quarters.AsSpan(0, 4));
            Assert.Throws<ArgumentException>(() => writer.WriteRows(new float[3]));
            writer.WriteRows(Quarters.AsSpan(4));
            writer.Commit();
        }

        Assert.Equal(File.ReadAllBytes(Golden("little-f2")), File.ReadAllBytes(folder["rows.npy"]));
        using (NpyWriter writer = NpyWriter.Create(folder["never.npy"], ElementType.Float32, 4))
            writer.WriteRows(Quarters.AsSpan(0, 4));
        Assert.Equal(["rows.npy"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Values_beyond_one_chunk_are_read_and_written()
    {
        using var folder = new TemporaryFolder();
        float[] values = new float[300_001];
        for (int i = 0; i < values.Length; i++)
            values[i] = i % 2048;
        Npy.Write(folder["a.npy"], Tensor.From(values, values.Length), ElementType.Float16);
        Assert.Equal(values, Npy.ReadTensor(folder["a.npy"]).Span.ToArray());
        using NpyReader reader = NpyReader.Open(folder["a.npy"]);
        float[] middle = new float[200_000];
        reader.ReadRows(77_777, middle);
        Assert.Equal(values[77_777..277_777], middle);
    }

    [Fact]
    public void A_file_cut_off_anywhere_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        byte[] whole = File.ReadAllBytes(Golden("little-f4"));
        for (int length = 0; length < whole.Length; length++)
        {
            string message = Refused(folder.Write("cut.npy", whole.AsSpan(0, length)));
            Assert.Contains("cut.npy", message);
        }

        Assert.Contains("has bytes after its data", Refused(folder.Write("long.npy", [.. whole, 0])));
    }

    public static TheoryData<string, string> HostileHeaders => new()
    {
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 4), }", "a size is negative" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", "larger than any file" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904,), }", "larger than any file" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4294967296, 4294967296), }", "larger than any file" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "larger than any file" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000,), }", "is cut off" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (3.0, 4), }", "malformed" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': 12, }", "malformed" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (12), }", "needs a comma" },
        { "{'descr': '<f4', 'fortran_order': 0, 'shape': (3, 4), }", "True or False" },
        { "{'descr': '<f4', 'fortran_order': False}", "lacks one of" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), 'more': 1}", "a key other than" },
        { "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }", "twice" },
        { "{'descr': '|O', 'fortran_order': False, 'shape': (3, 4), }", "Python objects" },
        { "{'descr': '=f4', 'fortran_order': False, 'shape': (3, 4), }", "is not supported" },
        { "{'descr': '|f4', 'fortran_order': False, 'shape': (3, 4), }", "is not supported" },
        { "{'descr': '<f16', 'fortran_order': False, 'shape': (3, 4), }", "is not supported" },
        { "{'descr': '', 'fortran_order': False, 'shape': (3, 4), }", "is not supported" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } or 1", "expected the end" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), \0}", "expected a string" },
        { "__import__('os').system('true')", "expected '{'" },
        { "{'descr': '<f4", "does not end" },
        { "{'descr': '\\x3cf4', 'fortran_order': False, 'shape': (3, 4), }", "escape" },
        { "", "expected '{'" },
        { "{'descr': '<f4', 'fortran_order': False, 'shape': (" + string.Concat(Enumerable.Repeat("1, ", 33)) + ")}", "more than 32" },
    };

    [Theory]
    [MemberData(nameof(HostileHeaders))]
    public void A_hostile_header_is_refused_with_its_reason(string header, string expected)
    {
        using var folder = new TemporaryFolder();
        string message = Refused(folder.Write("hostile.npy", FileBytes(1, Encoding.Latin1.GetBytes(header), 48)));
        Assert.Contains("hostile.npy", message);
        Assert.Contains(expected, message);
    }

    [Fact]
    public void A_header_may_be_spaced_and_ordered_as_it_likes()
    {
        using var folder = new TemporaryFolder();
        byte[] header = Encoding.Latin1.GetBytes("\n{ \"shape\" :( 3L,4L ) ,'descr':\"<f4\",\t'fortran_order' : True }  \n");
        using NpyReader reader = NpyReader.Open(folder.Write("spaced.npy", FileBytes(1, header, 48)));
        Assert.Equal([3, 4], reader.Shape.ToArray());
    }

    [Fact]
    public void A_header_that_is_too_long_or_of_another_version_is_refused()
    {
        using var folder = new TemporaryFolder();
        byte[] dict = Encoding.Latin1.GetBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }");
        Assert.Contains("the limit is 10000", Refused(folder.Write("a.npy", FileBytes(1, [.. dict, .. new byte[10_000]], 48))));
        Assert.Contains("the limit is 10000", Refused(folder.Write("b.npy", [.. FileBytes(2, dict, 48).AsSpan(0, 8), 255, 255, 255, 255])));
        Assert.Contains("version is 4.0", Refused(folder.Write("c.npy", FileBytes(4, dict, 48))));
        Assert.Contains("not valid UTF-8", Refused(folder.Write("d.npy", FileBytes(3, [.. dict, 0xFF], 48))));
        Assert.Contains("magic bytes", Refused(folder.Write("e.npy", "PK\u0003\u0004 a zip file, that is an .npz"u8)));
    }

    [Fact]
    public void Missing_files_and_folders_say_so()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("no such file", Refused(folder["missing.npy"]));
        Assert.Contains("no such file", Refused(folder["no/such.npy"]));
        Assert.Contains("a folder", Refused(folder.Path));
    }

    [Fact]
    public void Integers_are_asked_for_and_floats_refused()
    {
        Assert.Contains("expected one dimension", Assert.Throws<InputException>(() => Npy.ReadInt64(Golden("little-i8"))).Message);
        using NpyReader floats = NpyReader.Open(Golden("little-f4"));
        Assert.Contains("expected integers", Assert.Throws<InputException>(() => floats.ReadRows(0, new long[12])).Message);
    }

    [Fact]
    public void Rows_outside_the_file_are_a_programmers_mistake()
    {
        using NpyReader reader = NpyReader.Open(Golden("little-f4"));
        Assert.Throws<ArgumentOutOfRangeException>(() => reader.ReadRows(2, new float[8]));
        Assert.Throws<ArgumentOutOfRangeException>(() => reader.ReadRows(-1, new float[4]));
        Assert.Throws<ArgumentException>(() => reader.ReadRows(0, new float[5]));
    }

    private static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", "Formats", name + ".npy");

    private static string Refused(string path)
    {
        string message = Assert.Throws<InputException>(() => Npy.ReadTensor(path)).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private static byte[] FileBytes(byte version, byte[] header, int dataBytes)
    {
        byte[] length = new byte[version == 1 ? 2 : 4];
        if (version == 1)
            BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)header.Length);
        else
            BinaryPrimitives.WriteInt32LittleEndian(length, header.Length);
        return [0x93, .. "NUMPY"u8, version, 0, .. length, .. header, .. new byte[dataBytes]];
    }
}
