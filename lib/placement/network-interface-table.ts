/**
 * Network interfaces by instance type: families, then for each size the most an instance may have
 * (EC2, DescribeInstanceTypes, July 2026) and after a slash the awsvpc tasks it may run with a trunk (ECS developer guide,
 * network interface trunking, June 2023; none where the guide lists none).
 */
export const networkInterfaceTable = `\
a1 medium=2/10 large=3/10 xlarge=4/20 2xlarge=4/40 4xlarge=8/60 metal=8
c1 medium=2 xlarge=4
c3,c4,r3 large=3 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=8
c5,c5d large=3/10 xlarge=4/20 2xlarge=4/40 4xlarge=8/60 9xlarge=8/60 12xlarge=8/60 18xlarge=15/120 24xlarge=15/120 metal=15
c5a,m5a,m5ad,r5a,r5ad large=3/10 xlarge=4/20 2xlarge=4/40 4xlarge=8/60 8xlarge=8/60 12xlarge=8/60 16xlarge=15/120 24xlarge=15/120
c5ad large=3/10 xlarge=4/20 2xlarge=4/40 4xlarge=8/60 8xlarge=8 12xlarge=8/60 16xlarge=15/120 24xlarge=15/120
c5n large=3 xlarge=4 2xlarge=4 4xlarge=8 9xlarge=8 18xlarge=15 metal=15
c6a,m6a,r6a large=3/10 xlarge=4/20 2xlarge=4/40 4xlarge=8/60 8xlarge=8/90 12xlarge=8/120 16xlarge=15/120 24xlarge=15/120 32xlarge=15/120 48xlarge=15/120 metal=15/120
c6g,c6gd,c7g,m6g,m6gd,m7g,r6g,r6gd,r7g medium=2/4 large=3/10 xlarge=4/20 2xlarge=4/40 4xlarge=8/60 8xlarge=8/60 12xlarge=8/60 16xlarge=15/120 metal=15/120
c6gn medium=2/4 large=3/10 xlarge=4/20 2xlarge=4/40 4xlarge=8/60 8xlarge=8/60 12xlarge=8/60 16xlarge=15/120
c6i,c6id,m6i,m6id,r6i,r6id large=3/10 xlarge=4/20 2xlarge=4/40 4xlarge=8/60 8xlarge=8/90 12xlarge=8/120 16xlarge=15/120 24xlarge=15/120 32xlarge=15/120 metal=15/120
c6in,m6idn,m6in,r6idn,r6in large=3/10 xlarge=4/20 2xlarge=4/40 4xlarge=8/60 8xlarge=8/90 12xlarge=8/120 16xlarge=15/120 24xlarge=15/120 32xlarge=16/120 metal=16/120
c7a,m7a,r7a medium=2 large=3 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=8 12xlarge=8 16xlarge=15 24xlarge=15 32xlarge=15 48xlarge=15 metal-48xl=15
c7gd,c7gn,m7gd,r7gd medium=2 large=3 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=8 12xlarge=8 16xlarge=15 metal=15
c7i-flex,m7i-flex large=3 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=8 12xlarge=8 16xlarge=15
c7i,i7i,i8g,m7i,r7i large=3 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=8 12xlarge=8 16xlarge=15 24xlarge=15 metal-24xl=15 48xlarge=15 metal-48xl=15
c8a,m8a,r8a medium=2 large=3 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=10 12xlarge=12 16xlarge=16 24xlarge=16 metal-24xl=16 48xlarge=24 metal-48xl=24
c8g,c8gd,m8g,m8gd,r8g,r8gd,x8g medium=2 large=3 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=8 12xlarge=8 16xlarge=15 24xlarge=15 metal-24xl=15 48xlarge=15 metal-48xl=15
c8gb,c8gn,m8gb,m8gn,r8gb,r8gn medium=2 large=3 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=10 12xlarge=12 16xlarge=16 24xlarge=24 metal-24xl=24 48xlarge=24 metal-48xl=24
c8i-flex,m8i-flex,r8i-flex large=3 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=10 12xlarge=12 16xlarge=16
c8i,c8id,m8i,m8id,r8i,r8id large=3 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=10 12xlarge=12 16xlarge=16 24xlarge=16 32xlarge=24 48xlarge=24 metal-48xl=24 96xlarge=24 metal-96xl=24
c8ib,c8in large=4 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=8 12xlarge=12 16xlarge=16 24xlarge=16 32xlarge=16 48xlarge=24 metal-48xl=24 96xlarge=24 metal-96xl=24
c8ine,m8ine large=4 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=8 12xlarge=12
d2,i2 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=8
d3 xlarge=4 2xlarge=4 4xlarge=4 8xlarge=3
d3en xlarge=4 2xlarge=4 4xlarge=4 6xlarge=4 8xlarge=4 12xlarge=3
dl1,p4d,p4de 24xlarge=60/120
f2 6xlarge=8 12xlarge=8 48xlarge=15
g4ad xlarge=2/12 2xlarge=2/12 4xlarge=3/12 8xlarge=4/12 16xlarge=8/12
g4dn xlarge=3 2xlarge=3 4xlarge=3 8xlarge=4 12xlarge=8 16xlarge=4 metal=15
g5 xlarge=4/6 2xlarge=4/19 4xlarge=8/40 8xlarge=8/90 12xlarge=15/120 16xlarge=8/120 24xlarge=15/120 48xlarge=7/120
g5g xlarge=4/20 2xlarge=4/40 4xlarge=8/60 8xlarge=8/60 16xlarge=15/120 metal=15/120
g6 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=8 12xlarge=8 16xlarge=15 24xlarge=15 48xlarge=15
g6e xlarge=4 2xlarge=4 4xlarge=8 8xlarge=8 12xlarge=10 16xlarge=15 24xlarge=20 48xlarge=40
g6f large=2 xlarge=4 2xlarge=4 4xlarge=8
g7e 2xlarge=4 4xlarge=8 8xlarge=8 12xlarge=10 24xlarge=20 48xlarge=40
gr6 4xlarge=8 8xlarge=8
gr6f 4xlarge=8
h1 2xlarge=4 4xlarge=8 8xlarge=8 16xlarge=8
hpc7g 4xlarge=4 8xlarge=4 16xlarge=4
i3,i4g,r4 large=3 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=8 16xlarge=15
i3en large=3 xlarge=4 2xlarge=4 3xlarge=4 6xlarge=8 12xlarge=8 24xlarge=15 metal=15
i4i large=3 xlarge=4/8 2xlarge=4/28 4xlarge=8/58 8xlarge=8/118 12xlarge=8 16xlarge=15/248 24xlarge=15 32xlarge=15/498 metal=15/498
i7ie large=3 xlarge=4 2xlarge=4 3xlarge=4 6xlarge=8 12xlarge=8 18xlarge=15 24xlarge=15 metal-24xl=15 48xlarge=15 metal-48xl=15
i8ge large=3 xlarge=4 2xlarge=4 3xlarge=6 6xlarge=10 12xlarge=12 18xlarge=16 24xlarge=16 metal-24xl=16 48xlarge=24 metal-48xl=24
im4gn large=3/10 xlarge=4/20 2xlarge=4/40 4xlarge=8/60 8xlarge=8/60 16xlarge=15/120
inf1 xlarge=4 2xlarge=4 6xlarge=8 24xlarge=11
inf2 xlarge=4/20 8xlarge=8/90 24xlarge=15/120 48xlarge=15/120
is4gen medium=2/4 large=3/10 xlarge=4/20 2xlarge=4/40 4xlarge=8/60 8xlarge=8/60
m1 medium=2 small=2 large=3 xlarge=4
m2 xlarge=4 2xlarge=4 4xlarge=8
m3 medium=2 large=3 xlarge=4 2xlarge=4
m4 large=2 xlarge=4 2xlarge=4 4xlarge=8 10xlarge=8 16xlarge=8
m5,r5d large=3/10 xlarge=4/20 2xlarge=4/40 4xlarge=8/60 8xlarge=8/60 12xlarge=8/60 16xlarge=15/120 24xlarge=15/120 metal=15
m5d large=3/10 xlarge=4/20 2xlarge=4/40 4xlarge=8/60 8xlarge=8/60 12xlarge=8/60 16xlarge=15/120 24xlarge=15/120 metal=15/120
m5dn,r5n large=3 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=8 12xlarge=8 16xlarge=15 24xlarge=15 metal=15
m5n large=3/10 xlarge=4/20 2xlarge=4/40 4xlarge=8/60 8xlarge=8/60 12xlarge=8/60 16xlarge=15/120 24xlarge=15 metal=15
m5zn large=3/14 xlarge=4/31 2xlarge=4/64 3xlarge=8/98 6xlarge=8/120 12xlarge=15 metal=15
m8azn medium=3 large=4 xlarge=4 3xlarge=8 6xlarge=8 12xlarge=16 metal-12xl=16 24xlarge=16 metal-24xl=16
m8ib,m8in,r8ib,r8in large=4 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=8 12xlarge=12 16xlarge=16 24xlarge=16 32xlarge=16 48xlarge=24 96xlarge=24
p3dn 24xlarge=15
p5 4xlarge=4 48xlarge=64
p5en 48xlarge=64
p6-b200 48xlarge=32
p6-b300 48xlarge=68
r5 large=3/10 xlarge=4/20 2xlarge=4/40 4xlarge=8/60 8xlarge=8 12xlarge=8/60 16xlarge=15/120 24xlarge=15/120 metal=15
r5b,r5dn large=3 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=8 12xlarge=8 16xlarge=15/120 24xlarge=15 metal=15
r7iz large=3 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=8 12xlarge=8 16xlarge=15 metal-16xl=15 32xlarge=15 metal-32xl=15
t1 micro=2
t2 micro=2 nano=2 small=3 large=3 medium=3 xlarge=3 2xlarge=3
t3,t4g large=3 medium=3 micro=2 nano=2 small=3 xlarge=4 2xlarge=4
t3a large=3 medium=3 micro=2 nano=2 small=2 xlarge=4 2xlarge=4
trn1 2xlarge=4/19 32xlarge=40/120
trn1n 32xlarge=80/242
u-3tb1 56xlarge=8
u-6tb1 56xlarge=15 112xlarge=15
u7i-12tb 224xlarge=15
u7i-6tb,u7i-8tb 112xlarge=15
u7in-16tb,u7in-24tb,u7in-32tb 224xlarge=16
vt1 3xlarge=4/40 6xlarge=8/60 24xlarge=15/120
x1 16xlarge=8 32xlarge=8
x1e xlarge=3 2xlarge=4 4xlarge=4 8xlarge=4 16xlarge=8 32xlarge=8
x2gd medium=2/10 large=3/10 xlarge=4/20 2xlarge=4/40 4xlarge=8/60 8xlarge=8/60 12xlarge=8/60 16xlarge=15/120 metal=15/120
x2idn 16xlarge=15/120 24xlarge=15/120 32xlarge=15/120 metal=15/120
x2iedn xlarge=4/13 2xlarge=4/29 4xlarge=8/60 8xlarge=8/120 16xlarge=15/120 24xlarge=15/120 32xlarge=15/120 metal=15/120
x2iezn 2xlarge=4/64 4xlarge=8/120 6xlarge=8/120 8xlarge=8/120 12xlarge=15/120 metal=15/120
x8i large=3 xlarge=4 2xlarge=4 4xlarge=8 8xlarge=10 12xlarge=12 16xlarge=16 24xlarge=16 32xlarge=24 48xlarge=24 metal-48xl=24 64xlarge=24 96xlarge=24 metal-96xl=24
z1d large=3 xlarge=4 2xlarge=4 3xlarge=8 6xlarge=8 12xlarge=15 metal=15
`;
