using System.Runtime.InteropServices;
using CsAligner.Tensors.Formats;

namespace CsAligner.Tensors.Tests.Formats;

public class ElementConversionTests
{
    [Fact]
    public void Every_half_becomes_its_float_and_comes_back()
    {
        ushort[] halves = [.. Enumerable.Range(0, 65536).Select(bits => (ushort)bits)];
        float[] floats = new float[65536];
        ElementConversion.ToSingle(MemoryMarshal.AsBytes<ushort>(halves), ElementType.Float16, floats);
        for (int i = 0; i < halves.Length; i++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf(halves[i]);
            Assert.Equal(float.IsNaN(expected), float.IsNaN(floats[i]));
            if (!float.IsNaN(expected))
                Assert.Equal(BitConverter.SingleToUInt32Bits(expected), BitConverter.SingleToUInt32Bits(floats[i]));
        }

        ushort[] back = new ushort[65536];
        ElementConversion.FromSingle(floats, ElementType.Float16, MemoryMarshal.AsBytes(back.AsSpan()));
        for (int i = 0; i < halves.Length; i++)
            Assert.True(halves[i] == back[i] || (float.IsNaN(floats[i]) && Half.IsNaN(BitConverter.UInt16BitsToHalf(back[i]))));
    }

    [Fact]
    public void Every_bfloat16_becomes_its_float_and_comes_back()
    {
        // 65,537 values: one beyond a whole number of vectors.
        ushort[] brains = [.. Enumerable.Range(0, 65537).Select(bits => (ushort)bits)];
        float[] floats = new float[brains.Length];
        ElementConversion.ToSingle(MemoryMarshal.AsBytes<ushort>(brains), ElementType.BFloat16, floats);
        for (int i = 0; i < brains.Length; i++)
            Assert.Equal((uint)brains[i] << 16, BitConverter.SingleToUInt32Bits(floats[i]));
        ushort[] back = new ushort[brains.Length];
        ElementConversion.FromSingle(floats, ElementType.BFloat16, MemoryMarshal.AsBytes(back.AsSpan()));
        for (int i = 0; i < brains.Length; i++)
            Assert.Equal(float.IsNaN(floats[i]) ? (ushort)(brains[i] | 0x40) : brains[i], back[i]);
    }

    [Theory]
    [InlineData(0x3F808000u, 0x3F80)] // halfway, even below
    [InlineData(0x3F818000u, 0x3F82)] // halfway, even above
    [InlineData(0x3F808001u, 0x3F81)] // just over half
    [InlineData(0x7F7FFFFFu, 0x7F80)] // the largest float rounds to infinity
    [InlineData(0x7F800001u, 0x7FC0)] // a NaN whose payload lies in the lower half stays a NaN
    [InlineData(0x00008001u, 0x0001)] // subnormal
    public void Bfloat16_rounds_to_nearest_even(uint bits, int expected)
    {
        byte[] bytes = new byte[2];
        ElementConversion.FromSingle([BitConverter.UInt32BitsToSingle(bits)], ElementType.BFloat16, bytes);
        Assert.Equal(expected, BitConverter.ToUInt16(bytes));
    }

    [Theory]
    [InlineData(65519.996f, 65504f)] // below the middle of the largest half and the next power
    [InlineData(65520f, float.PositiveInfinity)]
    [InlineData(2.9802322e-8f, 0f)] // half the smallest subnormal, even is zero
    [InlineData(2.9802326e-8f, 5.9604645e-8f)]
    [InlineData(1.00048828125f, 1f)] // halfway between 1 and the next half
    public void Float16_rounds_to_nearest_even(float value, float expected)
    {
        byte[] bytes = new byte[2];
        ElementConversion.FromSingle([value], ElementType.Float16, bytes);
        Assert.Equal(expected, (float)BitConverter.ToHalf(bytes));
    }

    [Fact]
    public void Doubles_keep_what_a_float_would_lose()
    {
        double[] values = [0.1, 1e300, -1e-320, double.NaN, double.NegativeInfinity];
        double[] read = new double[values.Length];
        ElementConversion.ToDouble(MemoryMarshal.AsBytes<double>(values), ElementType.Float64, read);
        Assert.Equal(values, read);
        float[] singles = new float[values.Length];
        ElementConversion.ToSingle(MemoryMarshal.AsBytes<double>(values), ElementType.Float64, singles);
        Assert.Equal([0.1f, float.PositiveInfinity, -0f, float.NaN, float.NegativeInfinity], singles);
    }

    [Fact]
    public void Large_integers_survive_as_integers()
    {
        long[] values = [long.MinValue, long.MaxValue, (1L << 53) + 1];
        long[] read = new long[3];
        ElementConversion.ToInt64(MemoryMarshal.AsBytes<long>(values), ElementType.Int64, read);
        Assert.Equal(values, read);
    }
}
